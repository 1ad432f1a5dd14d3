"""The service holds to its own description: schemathesis asks what it allows, and more.

Every answer must have a documented status, a documented type and the documented form.
"""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")

pytestmark = pytest.mark.service

EXAMPLES = max(int(os.environ.get("DXFVISION_HTTP_FUZZ", "200")) // 40, 5)
"""Cases of each route; `make fuzz-http` asks for more."""

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


# Other threads of this process use `random` meanwhile, which Hypothesis blames on the strategy.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
def test_service_does_what_its_own_description_says(service_url: str):
    schema = schemathesis.openapi.from_url(f"{service_url}/docs/openapi.json")
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def conforms(case) -> None:
            response = case.call(timeout=60)
            statuses[response.status_code] += 1
            assert response.status_code < 500, (case.as_curl_command(), response.text)
            case.validate_response(response, checks=CHECKS)

        conforms()
    print(f"{statuses.total()} requests by status: {dict(sorted(statuses.items()))}")
    assert 200 in statuses
