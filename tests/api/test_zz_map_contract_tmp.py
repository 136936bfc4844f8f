import os
import requests, schemathesis
from schemathesis import GenerationMode
from tests.api.test_contract import *
from tests.api.test_contract import surprises_of, header_of, EVERYTHING
from tests.api.conftest import *
MINE=("/api/map","/api/zones","/api/danger","/api/elders/{elder_id}/zones","/api/elders/{elder_id}/trail","/api/incidents","/live/since")
def test_mine(crowded_file):
    site=crowded_file
    with site.client() as client:
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    out=[]; n=0
    with requests.Session() as session:
        session.headers.update(header_of(site, EVERYTHING))
        for result in schema.get_all_operations():
            op=result.ok()
            if not op.path.startswith(MINE): continue
            n+=1
            for mode in GenerationMode:
                out+=surprises_of(op,mode,site,session)
    print(n)
    assert [] == out
