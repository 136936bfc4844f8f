import time, pytest
from sqlalchemy import insert, select, text
from store import schema, elder_lists, registry
from store.elder_lists import ElderFilter
from core.accounts import Scope, EVERYWHERE
from tests.conftest import NOON
def test_bench(database):
    with database.begin() as c:
        for o in ("xiashi","haizhou"):
            registry.add_organisation(c,o,kind="street",name_zh=o,name_en=o)
        n=100_000
        c.execute(schema.elder.insert(),[dict(organisation_id=("xiashi","haizhou")[i%2],name=f"演示{i:06d}",birth_year=1944,sex="f") for i in range(n)])
        c.execute(schema.band.insert(),[dict(device_id=f"b{i}",elder_id=i+1,registered_at=NOON) for i in range(n-50)])
    if database.dialect.name=="postgresql":
        with database.connect().execution_options(isolation_level="AUTOCOMMIT") as c: c.execute(text("ANALYZE"))
    with database.connect() as c:
        for label,scope,f,a in (("first100",EVERYWHERE,ElderFilter(),0),("middle",Scope(organisations=frozenset({"xiashi"})),ElderFilter(),50000),("prefix",EVERYWHERE,ElderFilter(name="演示09999"),0),("noband",EVERYWHERE,ElderFilter(without_band=True),0),("noguard",EVERYWHERE,ElderFilter(without_guardians=True),0),("twoguard",EVERYWHERE,ElderFilter(without_guardians=False),0),("archived",EVERYWHERE,ElderFilter(archived=True),0)):
            ts=[]
            for _ in range(5):
                t=time.perf_counter(); r=elder_lists.page(c,scope,f,after_id=a,limit=100); ts.append(time.perf_counter()-t)
            t=time.perf_counter(); c.execute(select(schema.elder).where(schema.elder.c.id>a).order_by(schema.elder.c.id).limit(100)).all(); b=time.perf_counter()-t
            print(database.dialect.name,label,len(r),f"{min(ts)*1000:.1f} ms, bare {b*1000:.1f}")
