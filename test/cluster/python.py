"""Drives an agent with Debian's python3-consul and prints what comes back, a line of JSON for each step: [name, result].

Usage: python3 python.py HOST. What differs between runs (ids, indexes, addresses) is left out of the results.
"""

import json
import re
import sys
import threading

import consul

host = sys.argv[1]
agent = consul.Consul(host=host, port=8500)


def step(name, run):
    try:
        result = run()
    except Exception as error:
        result = re.sub("[0-9a-f]{8}-[0-9a-f-]{27}", "ID", "%s: %s" % (type(error).__name__, error))
    print(json.dumps([name, result], sort_keys=True), flush=True)


def put(path, note=None):
    """The library asks these by GET, which Consul has refused since its 1.0."""
    return agent.http.put(lambda answer: answer.code, "/v1/agent/" + path, params=note and [("note", note)])


def value(entry):
    return None if entry is None else [entry["Value"] and entry["Value"].decode(), entry["Flags"], entry["LockIndex"], "Session" in entry]


def keys():
    kv = agent.kv
    step("put", lambda: kv.put("app/a", "one", flags=7))
    step("get", lambda: value(kv.get("app/a")[1]))
    step("missing", lambda: kv.get("app/none")[1])
    step("unicode", lambda: [kv.put("app/ключ", "значение".encode()), value(kv.get("app/ключ")[1])])
    step("keys", lambda: kv.get("app/", keys=True)[1])
    step("cas lost", lambda: kv.put("app/a", "two", cas=0))
    step("cas won", lambda: kv.put("app/a", "two", cas=kv.get("app/a")[1]["ModifyIndex"]))
    step("recurse", lambda: [[entry["Key"], value(entry)] for entry in kv.get("app/", recurse=True, consistency="consistent")[1]])
    step("delete", lambda: kv.delete("app/", recurse=True))
    step("gone", lambda: kv.get("app/", recurse=True)[1])


def waiting():
    """A blocking query is answered by the write that it waits for, with that write's index."""
    agent.kv.put("watched", "before")
    index, _ = agent.kv.get("watched")
    seen = []
    waiter = threading.Thread(target=lambda: seen.append(consul.Consul(host=host).kv.get("watched", index=index, wait="30s")))
    waiter.start()
    waiter.join(0.2)
    agent.kv.put("watched", "after")
    waiter.join(30)
    step("woken", lambda: [value(seen[0][1]), int(seen[0][0]) > int(index), int(seen[0][0]) == seen[0][1]["ModifyIndex"]])


def locks():
    session = agent.session.create("worker", ttl=20, behavior="delete", lock_delay=0)
    other = agent.session.create("other", ttl=20, lock_delay=0)
    step("acquire", lambda: [agent.kv.put("leader", "me", acquire=session), agent.kv.put("leader", "you", acquire=other)])
    step("held", lambda: value(agent.kv.get("leader")[1]))
    step("renew", lambda: [agent.session.renew(session)[key] for key in ("Behavior", "LockDelay", "TTL", "Name")])
    step("release", lambda: [agent.kv.put("leader", "", release=other), agent.kv.put("leader", "mine", release=session)])
    step("again", lambda: [agent.kv.put("leader", "me", acquire=session), value(agent.kv.get("leader")[1])])
    step("sessions", lambda: sorted(each["Name"] for each in agent.session.list()[1]))
    step("destroy", lambda: [agent.session.destroy(session), agent.kv.get("leader")[1], agent.session.info(session)[1]])
    step("renew gone", lambda: agent.session.renew(session))
    step("unknown session", lambda: agent.kv.put("leader", "me", acquire="0" * 8 + "-0000-0000-0000-" + "0" * 12))
    step("short ttl", lambda: agent.http.put(lambda answer: [answer.code, answer.body], "/v1/session/create", data='{"TTL": "1s"}'))
    agent.session.destroy(other)


def healthy(index, wanted, tries=10):
    """What is on its way into the catalog is waited for there."""
    for _ in range(tries):
        index, found = agent.health.service("web", index=index, wait="5s", passing=True)
        if wanted(found):
            break
    return index, found


def services():
    check = consul.Check.ttl("10m")
    step("register", lambda: agent.agent.service.register("web", "web-1", address="10.0.0.1", port=80, tags=["blue"], check=check))
    step("pass", lambda: put("check/pass/service:web-1", "fine"))
    step("checks", lambda: [[each["CheckID"], each["Status"], each["Output"]] for each in agent.agent.checks().values()])
    index, before = healthy(0, lambda found: found != [])
    step("healthy", lambda: [[each["Service"][key] for key in ("ID", "Address", "Port", "Tags")] for each in before])
    step("catalog", lambda: [agent.catalog.services()[1].get("web"), [each["ServiceID"] for each in agent.catalog.service("web", tag="blue")[1]]])
    step("fail", lambda: put("check/fail/service:web-1", "broken"))
    healthy(index, lambda found: found == [])
    step("critical", lambda: [[each["CheckID"], each["Output"]] for each in agent.health.state("critical")[1]])
    step("maintenance", lambda: [agent.agent.maintenance(True, "why"), sorted(agent.agent.checks()), agent.agent.maintenance(False)])
    step("external", lambda: agent.catalog.register("elsewhere", "10.9.9.9", service={"Service": "db", "Port": 5432}))
    step("nodes", lambda: sorted(each["Node"] for each in agent.catalog.nodes()[1]))
    step("removed", lambda: [agent.catalog.deregister("elsewhere"), agent.catalog.service("db")[1]])
    step("deregister", lambda: [put("service/deregister/web-1"), agent.agent.services()])


def cluster():
    step("members", lambda: [[each["Name"], each["Status"]] for each in agent.agent.members()])
    step("leader", lambda: [agent.status.leader() == agent.status.peers()[0], agent.catalog.datacenters()])
    step("event", lambda: agent.event.fire("deploy", "v2")["Name"])
    query = agent.query.create("web", name="q", ttl="10s")["ID"]
    step("query", lambda: [agent.query.get(query)[0]["DNS"]["TTL"], agent.query.execute("q")["Service"], agent.query.delete(query)])


keys()
waiting()
locks()
services()
cluster()
