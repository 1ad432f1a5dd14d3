"""The camera agent: frames of a camera are judged and the verdicts sent on."""
