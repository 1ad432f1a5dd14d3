"""From a placed drawing to findings in millimetres, and from those to verdicts."""
