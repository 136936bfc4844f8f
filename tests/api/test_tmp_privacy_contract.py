import tests.api.test_contract as c
from schemathesis import GenerationMode
import schemathesis, requests
from tests.api.test_contract import *
MINE=("/api/looks","/looks","erasure","export","retention","family-links")
def mine(site, comer):
    with site.client() as client:
        schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    out=[]; n=0
    with requests.Session() as session:
        session.headers.update(header_of(site, comer))
        for result in schema.get_all_operations():
            op=result.ok()
            if not any(m in op.path for m in MINE) or "exports" in op.path: continue
            n+=1
            for mode in GenerationMode:
                got = c.surprises_of(op, mode, site, session)
                print(op.method, op.path, mode, got, flush=True)
                out += got
    return out
def test_mine(crowded_file):
    assert [] == mine(crowded_file, EVERYTHING)
del test_no_surprise, test_no_surprise_for_anybody
