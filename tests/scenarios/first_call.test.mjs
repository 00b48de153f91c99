// The story of the README: a server, Twilio, one call.
import assert from "node:assert/strict";

import { stage } from "./support/world.mjs";

const scenario = stage();

scenario("a call is placed, somebody answers, it ends, and its whole story can be read", async (world) => {
    const to = world.number();
    await world.sim.callee(to, { ring_after_ms: 500, answer_after_ms: 2000, hangup_after_ms: 9000 });

    const placed = await world.api.post("/calls", { to, metadata: { ticket: 7 } });
    assert.equal(placed.status, 201);
    assert.equal(placed.headers.location, `/calls/${placed.json.id}`);
    assert.equal(placed.json.placement, "placed");
    assert.equal(placed.json.from, world.env.TWILIO_PHONE_NUMBER);

    const call = await world.callOver(placed.json.id);
    assert.equal(call.status, "completed");
    assert.equal(call.outcome, "answered");
    assert.equal(call.direction, "outbound-api");
    assert.deepEqual(call.metadata, { ticket: 7 });
    assert.ok(call.answered_at <= call.ended_at);

    const leg = await world.sim.leg(call.sid);
    assert.equal(call.duration, leg.duration);
    assert.deepEqual(
        leg.events.filter(({ what }) => what === "says").map(({ detail }) => detail),
        ['"Hello! This is a call from KIN Communications Platform."', '"How can I help you today?"'],
    );
    assert.deepEqual(leg.warnings, []);

    const statuses = call.timeline.filter(({ kind }) => kind === "status").map(({ parameters }) => parameters.CallStatus);
    assert.deepEqual(statuses, ["initiated", "ringing", "in-progress", "completed"]);
    assert.deepEqual(call.timeline.map(({ kind }) => kind).sort(), ["instruction", "request", "rest", ...statuses.map(() => "status")]);
    await world.sameTruth();
});

scenario("a call can be read by Twilio's SID as well, and is first in the list", async (world) => {
    const placed = await world.api.post("/calls", { to: world.number() });
    const call = await world.callOver(placed.json.id);

    const bySid = await world.api.get(`/calls/${call.sid}`);
    assert.deepEqual(bySid.json, call);
    const list = await world.api.get("/calls?limit=1");
    assert.deepEqual(list.json.items.map(({ id }) => id), [call.id]);
});

scenario("an access token is minted for whoever is named", async (world) => {
    const { status, json } = await world.api.post("/token", { identity: "alice" });
    assert.equal(status, 200);
    assert.equal(json.identity, "alice");
    assert.equal(json.expires_in, 3600);
    const claims = JSON.parse(Buffer.from(json.token.split(".")[1], "base64url"));
    assert.equal(claims.grants.identity, "alice");
    assert.equal(claims.grants.voice.outgoing.application_sid, world.env.TWILIO_TWIML_APP_SID);
});

scenario("the operator sees a live server", async (world) => {
    const { exchange } = await import("./support/http.mjs");
    for (const path of ["/healthz", "/readyz"]) {
        const { status } = await exchange(world.adminOrigin, "GET", path);
        assert.equal(status, 200, path);
    }
    const metrics = await world.metrics();
    assert.ok(metrics['switchhook_webhooks_total{outcome="applied"}'] > 0);
});
