import os, pytest
from tests.api import test_contract as tc
from tests.conftest import *
from tests.api.conftest import *
import requests, schemathesis
from tests.api.test_contract import crowded
MINE=("/api/me","/api/credits","/api/check-ins","check-in-code","/credits/")
@pytest.mark.parametrize("comer", ["administrator","operator","guardian","nobody"])
def test_mine(crowded, comer):
    with crowded.client() as client:
        doc=client.get("/openapi.json").json()
    doc["paths"]={k:v for k,v in doc["paths"].items() if any(m in k for m in MINE)}
    print(sorted(doc["paths"]))
    schema=schemathesis.openapi.from_dict(doc)
    out=[]
    with requests.Session() as session:
        session.headers.update(tc.header_of(crowded, comer))
        for result in schema.get_all_operations():
            op=result.ok()
            for mode in tc.GenerationMode:
                out+=tc.surprises_of(op,mode,crowded,session)
    assert [] == out
