// Browsers come to the simulator: who may, with which token, and what becomes of their connections.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";

import { Device, madeUpToken, mintedToken } from "./support/device.mjs";
import { Program, cleanEnvironment, noSanitizerReport, runToEnd, simulatorProgram } from "./support/programs.mjs";
import { madeUpSid } from "./support/twilio.mjs";
import { stage, until } from "./support/world.mjs";

const scenario = stage({}, { simulator: ["--heartbeat-ms", "500"] });

const nowS = () => Math.floor(Date.now() / 1000);

scenario("the server's own token opens the door", async (world) => {
    const identity = world.name("agent");
    const device = await Device.connect(world, { identity, origin: world.origin });
    assert.equal(device.welcome.token.identity, identity);
    assert.ok(device.welcome.token.ttl > 0 && device.welcome.token.ttl <= 3600, JSON.stringify(device.welcome));
    assert.equal(device.welcome.region, "US_EAST_VIRGINIA");
    const before = await world.sim.devices(identity);
    assert.deepEqual(
        before.map(({ registered, user_agent: agent }) => [registered, agent]),
        [[false, "a scenario"]],
    );
    await device.register();
    assert.equal((await world.sim.devices(identity))[0].registered, true);
    await device.unregister();
    assert.equal((await world.sim.devices(identity))[0].registered, false);
    await device.leave();
    await until("the simulator noticed", async () => (await world.sim.devices(identity)).length === 0);
});

const bad = [
    ["another secret", 31202, { secret: "not-the-secret-of-this-key" }],
    ["another API key", 31202, { claims: { iss: `SK${"0".repeat(32)}` } }],
    ["another account", 31203, { claims: { sub: `AC${"0".repeat(32)}` } }],
    ["an end in the past", 31205, { claims: { exp: nowS() - 1 } }],
    ["no end", 31204, { claims: { exp: undefined } }],
    ["an end that is a text", 31204, { claims: { exp: String(nowS() + 60) } }],
    ["more than a day to live", 31207, { claims: { exp: nowS() + 90_000 } }],
    ["a beginning in the future", 31204, { claims: { nbf: nowS() + 600 } }],
    ["another content type", 31204, { header: { cty: "twilio-pkrv;v=1" } }],
    ["no signature", 31204, { header: { alg: "none" } }],
    ["a public key's algorithm", 31204, { header: { alg: "RS256" } }],
    ["no identity", 31105, { claims: { grants: { voice: {} } } }],
    ["an identity with a space", 31105, { claims: { grants: { identity: "a b", voice: {} } } }],
    ["no voice grant", 31201, { claims: { grants: { identity: "a" } } }],
];

for (const [what, code, how] of bad)
    scenario(`a token with ${what} is refused with ${code}, and the SDK is told to give up`, async (world) => {
        const device = await Device.connect(world, { identity: "alice", token: madeUpToken(world, "alice", how), listen: false });
        device.listen();
        device.say("register", { media: { audio: true } });
        const { error } = await device.hears("error");
        assert.equal(error.code, code, error.message);
        await device.hears("close");
        assert.equal(await device.closed, 1000);
        assert.deepEqual(device.heard, [], "and nothing else was said");
    });

for (const [what, token] of [["garbage", "garbage"], ["nothing", ""], ["three dots", "..."], ["a number", 7]])
    scenario(`${what} is no token: 31204`, async (world) => {
        const device = await Device.connect(world, { token, listen: false });
        device.listen(token);
        assert.equal((await device.hears("error")).error.code, 31204);
        assert.equal(await device.closed, 1000);
    });

scenario("who has shown no token may do nothing", async (world) => {
    const device = await Device.connect(world, { listen: false });
    device.say("register", { media: { audio: true } });
    assert.equal((await device.hears("error")).error.code, 31204);
    await device.leave();
});

scenario("a token without an incoming grant cannot register", async (world) => {
    const token = madeUpToken(world, "deaf", { claims: { grants: { identity: "deaf", voice: { incoming: { allow: false } } } } });
    const device = await Device.connect(world, { identity: "deaf", token });
    device.say("register", { media: { audio: true } });
    assert.equal((await device.hears("error")).error.code, 31201);
    assert.equal((await world.sim.devices("deaf"))[0].registered, false);
    await device.leave();
});

scenario("a token runs out: 31205 and offline; a new one on the same socket mends it", async (world) => {
    const identity = world.name("agent");
    const token = madeUpToken(world, identity, { claims: { exp: nowS() + 2 } });
    const device = await Device.connect(world, { identity, token });
    assert.ok(device.welcome.token.ttl <= 2);
    await device.register();
    assert.equal((await device.hears("error")).error.code, 31205);
    await device.hears("offline");
    device.say("register", { media: { audio: true } });
    assert.equal((await device.hears("error")).error.code, 31205);
    assert.equal((await world.sim.devices(identity))[0].expired, true);
    device.listen(await mintedToken(world, identity));
    await device.hears("connected");
    await device.register();
    await device.leave();
});

scenario("a second token for somebody else ends the first one's registration", async (world) => {
    const [one, other] = [world.name("agent"), world.name("agent")];
    const device = await (await Device.connect(world, { identity: one })).register();
    device.listen(await mintedToken(world, other));
    assert.equal((await device.hears("connected")).token.identity, other);
    assert.deepEqual(await world.sim.devices(one), []);
    assert.equal((await world.sim.devices(other))[0].registered, false);
    await device.leave();
});

scenario("ten browsers of one person ring; the eleventh takes the place of the oldest", async (world) => {
    const identity = world.name("agent");
    const token = await mintedToken(world, identity);
    const devices = [];
    for (let i = 0; i < 11; i++)
        devices.push(await (await Device.connect(world, { identity, token })).register());
    await devices[0].hears("offline");
    const registered = (await world.sim.devices(identity)).filter((one) => one.registered);
    assert.equal(registered.length, 10);
    await Promise.all(devices.map((device) => device.leave()));
});

// ---- the connection

const foreign = ["https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example:8080", "null", "http://evil.example/http://localhost", "http://localhost:1x", "ftp://localhost"];

for (const origin of foreign)
    scenario(`a page of ${origin} is shown the door`, async (world) => {
        await assert.rejects(Device.connect(world, { identity: "alice", origin, listen: false }), /403/);
    });

for (const origin of ["http://localhost:8080", "https://127.0.0.1", "http://[::1]:3000"])
    scenario(`a page of ${origin} may come in`, async (world) => {
        await (await Device.connect(world, { origin, listen: false })).leave();
    });

scenario("elsewhere there is nothing, and without a WebSocket neither", async (world) => {
    await assert.rejects(Device.connect(world, { listen: false, path: "/signal/x" }), /404/);
    const status = await new Promise((resolve, reject) =>
        http.get({ port: world.signalPort, host: "127.0.0.1", path: "/signal" }, (answer) => resolve(answer.resume().statusCode)).on("error", reject),
    );
    assert.equal(status, 426);
});

for (const [what, text] of [
    ["no JSON", "{"],
    ["a list", "[]"],
    ["no type", "{}"],
    ["an unknown type", '{"type":"sing"}'],
    ["a payload that is a text", '{"type":"register","payload":"x"}'],
    ["a name twice", '{"type":"listen","type":"register"}'],
])
    scenario(`a message with ${what}: 31100, and the connection goes on`, async (world) => {
        const device = await Device.connect(world, { identity: world.name("agent") });
        device.socket.send(text);
        assert.equal((await device.hears("error")).error.code, 31100);
        await device.register();
        await device.leave();
    });

scenario("a message larger than 64 KiB ends the connection, in one frame or in many", async (world) => {
    const one = await Device.connect(world, { listen: false });
    one.socket.send("x".repeat(65 * 1024));
    const tooLarge = [1009, 1006]; // the rest of the message, unread, may break the connection before the word is through
    assert.ok(tooLarge.includes(await one.closed), String(one.closeCode));
    const many = await Device.connect(world, { listen: false });
    for (let i = 0; i < 70; i++)
        many.socket.send("x".repeat(1024), { fin: false });
    assert.ok(tooLarge.includes(await many.closed), String(many.closeCode));
});

scenario("a binary message ends the connection, and text that is none", async (world) => {
    const binary = await Device.connect(world, { listen: false });
    binary.socket.send(Buffer.from("{}"));
    assert.equal(await binary.closed, 1003);
    const broken = await Device.connect(world, { listen: false });
    broken.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    assert.equal(await broken.closed, 1007);
});

scenario("the beat is answered; who is silent for three is cut off", async (world) => {
    const alive = await Device.connect(world, { identity: world.name("agent") });
    const silent = await Device.connect(world, { identity: world.name("agent") });
    silent.mute = true;
    assert.equal(await silent.closed, 1001);
    assert.ok(silent.beats >= 2 && alive.beats >= 2);
    assert.equal(alive.closeCode, undefined);
    const unknown = await Device.connect(world, { listen: false });
    assert.equal(await unknown.closed, 1001, "who does not say who it is may not stay either");
    await alive.leave();
});

scenario("who does not read is cut off, and holds nobody up", async (world) => {
    const identity = world.name("agent");
    const slow = await Device.connect(world, { identity });
    const other = await Device.connect(world, { identity });
    slow.socket.pause();
    const wish = JSON.stringify({ type: "listen", payload: { token: slow.token } });
    for (let i = 0; i < 20_000 && slow.closeCode === undefined; i++) {
        slow.socket.send(wish);
        if (i % 200 === 0)
            await other.register();
    }
    await until("the slow one is gone", async () => (await world.sim.devices(identity)).length === 1);
    slow.socket.resume();
    await slow.closed;
    await other.leave();
});

scenario("a port that is taken is told at the start", async (world) => {
    const { status, stderr } = runToEnd(simulatorProgram(), ["--listen", "127.0.0.1:0", "--signal-listen", `127.0.0.1:${world.signalPort}`]);
    assert.equal(status, 2);
    assert.match(stderr, /cannot listen on 127\.0\.0\.1:\d+ for browsers/);
});

/** A simulator of this scenario's own, and what Device needs to know of it. */
async function ownSimulator() {
    const secret = "a-secret-for-tests";
    const account = { TWILIO_ACCOUNT_SID: madeUpSid("AC"), TWILIO_API_KEY_SID: madeUpSid("SK"), TWILIO_API_KEY_SECRET: secret, TWILIO_TWIML_APP_SID: madeUpSid("AP") };
    const program = new Program("simulator", simulatorProgram(), ["--listen", "127.0.0.1:0", "--quiet"], { env: cleanEnvironment(account) });
    const signalPort = Number((await program.said(/ws:\/\/127\.0\.0\.1:(\d+)\/signal/))[1]);
    return { program, account, signalPort };
}

scenario("when the simulator ends, browsers are told that it goes; one who does not listen keeps nobody", async () => {
    const own = await ownSimulator();
    const identity = "alice";
    const alice = await (await Device.connect(own, { identity, token: madeUpToken(own, identity) })).register();
    const bob = await (await Device.connect(own, { identity: "bob", token: madeUpToken(own, "bob") })).register();
    const deaf = await Device.connect(own, { identity, token: madeUpToken(own, identity) });
    alice.invite({ To: "bob" }); // nobody answers at the voice URL: it is in the middle of something
    deaf.socket.pause();
    const end = await own.program.ends("SIGTERM");
    noSanitizerReport(own.program.output, "the simulator");
    assert.deepEqual(end, { code: 0, signal: null });
    assert.deepEqual([await alice.closed, await bob.closed], [1001, 1001]);
    deaf.socket.terminate();
});

scenario("it ends as well with sockets that say nothing", async () => {
    const own = await ownSimulator();
    const sockets = Array.from({ length: 20 }, () => net.connect(own.signalPort, "127.0.0.1"));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    sockets.forEach((socket, i) => socket.write(i % 2 ? "GET /signal HTTP/1.1\r\nUpgrade:" : ""));
    const closed = Promise.all(sockets.map((socket) => once(socket.on("error", () => {}).resume(), "close")));
    assert.deepEqual(await own.program.ends("SIGTERM"), { code: 0, signal: null });
    await closed;
    noSanitizerReport(own.program.output, "the simulator");
});

scenario("three hundred browsers register at once", async (world) => {
    const token = await mintedToken(world, world.name("agent"));
    const devices = await Promise.all(Array.from({ length: 300 }, () => Device.connect(world, { token, identity: "many" })));
    assert.equal((await world.sim.devices()).length, 300);
    await Promise.all(devices.map((device) => device.leave()));
    await until("all are gone", async () => (await world.sim.devices()).length === 0);
});
