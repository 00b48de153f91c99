// GET /recordings/{id}/media: the sound, whole or a part, to whoever may hear it, and to nobody else.
import assert from "node:assert/strict";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import net from "node:net";

import { changeRecording, storedRecording, tellRecording, wav } from "./support/sounds.mjs";
import { until } from "./support/until.mjs";
import { stage } from "./support/world.mjs";

const origin = "https://pages.example.com";
const scenario = stage({ SWITCHHOOK_CORS_ORIGINS: origin, SWITCHHOOK_RECORDING_PLAYERS_MAX: "3" });

/** As a player asks: { status, headers, bytes }. Headers of `who` (a Caller), or of nobody. */
async function ask(world, target, { who = world.api, method = "GET", headers = {} } = {}) {
    const { host, ...credentials } = who.headers;
    const answer = await fetch(world.origin + target, { method, headers: { ...credentials, ...headers } });
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

const media = (id) => `/recordings/${id}/media`;
const problem = ({ bytes }) => JSON.parse(bytes.toString());

// ---- the whole

scenario("the whole sound, with what a player needs to know", async (world) => {
    const { id, sid, sound, sha256 } = await storedRecording(world, { sound: wav(20) });
    for (const name of [id, sid]) {
        const { status, headers, bytes } = await ask(world, media(name));
        assert.equal(status, 200);
        assert.ok(bytes.equals(sound), `${bytes.length} bytes of ${sound.length}`);
        assert.equal(headers.get("content-type"), "audio/x-wav");
        assert.equal(headers.get("content-length"), String(sound.length));
        assert.equal(headers.get("etag"), `"${sha256}"`);
        assert.equal(headers.get("accept-ranges"), "bytes");
        assert.equal(headers.get("cache-control"), "private, no-store");
        assert.equal(headers.get("x-content-type-options"), "nosniff");
        assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
        assert.match(headers.get("content-disposition"), new RegExp(`^inline; filename="recording-\\d{8}-\\d{6}-${id}\\.wav"$`));
        assert.ok(!Number.isNaN(Date.parse(headers.get("last-modified"))));
    }
});

scenario("?download=1 is for saving; an .mp3 is called one", async (world) => {
    const { id } = await storedRecording(world, { type: "audio/mpeg" });
    const { headers } = await ask(world, `${media(id)}?download=1`);
    assert.match(headers.get("content-disposition"), /^attachment; filename="recording-[\w-]+\.mp3"$/);
    assert.equal(headers.get("content-type"), "audio/mpeg");
    for (const query of ["download=yes", "colour=red", "download=1&download=1"])
        assert.equal((await ask(world, `${media(id)}?${query}`)).status, 422, query);
});

scenario("HEAD tells the same without the sound", async (world) => {
    const { id, sound } = await storedRecording(world);
    const { status, headers, bytes } = await ask(world, media(id), { method: "HEAD" });
    assert.deepEqual([status, bytes.length, headers.get("content-length")], [200, 0, String(sound.length)]);
    assert.equal(headers.get("accept-ranges"), "bytes");
});

// ---- parts

const length = 44 + 2 * 16000;
const last = length - 1;
for (const [range, status, first, end] of [
    ["bytes=0-0", 206, 0, 0],
    ["bytes=0-43", 206, 0, 43],
    ["bytes=44-", 206, 44, last],
    ["bytes=-100", 206, length - 100, last],
    ["bytes=0-", 206, 0, last],
    [`bytes=${last}-${last}`, 206, last, last],
    [`bytes=100-${10 * length}`, 206, 100, last],
    ["bytes=-999999999", 206, 0, last],
    ["bytes=1-2,5-6", 200, 0, last],
    ["bytes=9-3", 200, 0, last],
    ["seconds=1-2", 200, 0, last],
    [`bytes=${length}-`, 416],
    ["bytes=-0", 416],
    ["bytes=99999999999999999999-", 416],
])
    scenario(`Range: ${range}: ${status}`, async (world) => {
        const { id, sound } = await storedRecording(world);
        const answer = await ask(world, media(id), { headers: { range } });
        assert.equal(answer.status, status);
        if (status === 416) {
            assert.equal(answer.headers.get("content-range"), `bytes */${length}`);
            assert.equal(problem(answer).code, "range-not-satisfiable");
            return;
        }
        assert.ok(answer.bytes.equals(sound.subarray(first, end + 1)), String(answer.bytes.length));
        assert.equal(answer.headers.get("content-range"), status === 206 ? `bytes ${first}-${end}/${length}` : null);
    });

scenario("If-Range: a part of this very sound, or all of the new one", async (world) => {
    const { id, sha256, sound } = await storedRecording(world);
    const modified = (await ask(world, media(id), { method: "HEAD" })).headers.get("last-modified");
    const statusWith = async (condition) => (await ask(world, media(id), { headers: { range: "bytes=0-9", "if-range": condition } })).status;
    assert.equal(await statusWith(`"${sha256}"`), 206);
    assert.equal(await statusWith(modified), 206);
    assert.equal(await statusWith('"other"'), 200);
    assert.equal(await statusWith(`W/"${sha256}"`), 200);
    const all = await ask(world, media(id), { headers: { range: "bytes=0-9", "if-range": '"other"' } });
    assert.ok(all.bytes.equals(sound));
});

scenario("who has it already is not sent it again", async (world) => {
    const { id, sha256 } = await storedRecording(world);
    const modified = (await ask(world, media(id), { method: "HEAD" })).headers.get("last-modified");
    for (const headers of [{ "if-none-match": `"${sha256}"` }, { "if-none-match": "*" }, { "if-modified-since": modified }]) {
        const answer = await ask(world, media(id), { headers });
        assert.deepEqual([answer.status, answer.bytes.length, answer.headers.get("etag")], [304, 0, `"${sha256}"`]);
    }
    const other = { "if-none-match": '"other"', "if-modified-since": modified };
    assert.equal((await ask(world, media(id), { headers: other })).status, 200);
});

scenario("a player that jumps about hears what is there", async (world) => {
    const { id, sound } = await storedRecording(world, { sound: wav(60) });
    const parts = await Promise.all(
        [0, 500000, 123457, 900001].map(async (first) => {
            let answer;
            await until("there is room for another player", async () => {
                answer = await ask(world, media(id), { headers: { range: `bytes=${first}-${first + 70000}` } });
                return answer.status !== 503;
            });
            return [first, answer.bytes];
        }),
    );
    for (const [first, bytes] of parts)
        assert.ok(bytes.equals(sound.subarray(first, first + 70001)), String(first));
});

// ---- what is not there

for (const [state, status, retry] of [
    ["none", 409, false],
    ["wanted", 409, true],
    ["absent", 404, false],
    ["failed", 404, false],
    ["deleted", 404, false],
])
    scenario(`a sound that is ${state}: ${status}, and it says so`, async (world) => {
        const { sid } = await tellRecording(world, { status: "in-progress" });
        changeRecording(world, sid, { media: state });
        const answer = await ask(world, media(sid));
        assert.equal(answer.status, status);
        if (state !== "none")
            assert.match(problem(answer).detail, new RegExp(`\\(${state}\\)`));
        assert.equal(answer.headers.get("retry-after") !== null, retry);
    });

scenario("a file that is gone, or that is another: an error, not a sound", async (world) => {
    const gone = await storedRecording(world);
    rmSync(gone.file);
    assert.equal((await ask(world, media(gone.id))).status, 404);
    const short = await storedRecording(world);
    writeFileSync(short.file, short.sound.subarray(0, 100));
    assert.equal((await ask(world, media(short.id))).status, 500);
    assert.ok((await world.metrics())["switchhook_recordings_unreadable_total"] >= 2);
    await world.logLine("recording.unreadable");
});

scenario("a file that ends in the middle: the connection breaks off, so that nobody takes a part for the whole", async (world) => {
    const { id, file, sound } = await storedRecording(world, { sound: wav(900) });
    const socket = net.connect(world.port, "127.0.0.1");
    socket.write(`GET ${media(id)} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.key}\r\n\r\n`);
    let got = 0;
    await new Promise((resolve) => socket.once("data", (piece) => ((got += piece.length), socket.pause(), resolve())));
    truncateSync(file, 1000);
    socket.on("data", (piece) => (got += piece.length));
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    assert.ok(got < sound.length, `${got} of ${sound.length}`);
});

// ---- who may

scenario("only who may see the call hears its recording", async (world) => {
    const owner = await world.newCaller("calls:place,recordings:read");
    const other = await world.newCaller("calls:read,calls:place,recordings:read");
    const without = await world.newCaller("calls:read-all");
    const { json: call } = await owner.post("/calls", { to: world.number() });
    const { id, sound } = await storedRecording(world, { call: call.sid });
    assert.ok((await ask(world, media(id), { who: owner })).bytes.equals(sound));
    assert.equal((await ask(world, media(id), { who: other })).status, 404);
    assert.equal((await ask(world, media(id), { who: without })).status, 403);
    assert.equal((await ask(world, media(id), { who: world.stranger })).status, 401);
    assert.equal((await other.post(`/recordings/${id}/link`)).status, 404);
    assert.equal((await without.post(`/recordings/${id}/link`)).status, 403);
});

scenario("who listened is in the audit log, once for each listening", async (world) => {
    const caller = await world.newCaller("recordings:read-all");
    const { id, call } = await storedRecording(world);
    for (let i = 0; i < 5; i++)
        await ask(world, media(id), { who: caller, headers: { range: `bytes=${i}-` } });
    await ask(world, media(id), { who: caller, method: "HEAD" });
    const rows = await until("the audit log tells", () => {
        const found = world.sqlite("SELECT * FROM audit WHERE action = 'recording.listen' AND subject = :id", { id });
        return found.length > 0 && found;
    });
    assert.equal(rows.length, 1);
    assert.equal(rows[0].actor_name, caller.name);
    const listed = await world.api.get(`/audit?action=recording.listen&call=${(await world.call(call)).id}`);
    assert.equal(listed.json.items.length, 1);
});

// ---- links

const linkTo = async (who, id, body) => {
    const { status, json, text } = await who.post(`/recordings/${id}/link`, body);
    assert.equal(status, 201, text);
    return json;
};

scenario("a link plays without a credential, on pages of other origins too", async (world) => {
    const maker = await world.newCaller("recordings:read-all");
    const { id, sid, sound } = await storedRecording(world);
    const { url, expires_at: expires } = await linkTo(maker, sid, { expires_in: 60 });
    assert.ok(url.startsWith(`${media(id)}?`));
    assert.ok(Math.abs(Date.parse(expires) - Date.now() - 60000) < 5000);
    const played = await ask(world, url, { who: world.stranger, headers: { origin, range: "bytes=0-" } });
    assert.equal(played.status, 206);
    assert.ok(played.bytes.equals(sound));
    assert.equal(played.headers.get("cross-origin-resource-policy"), "cross-origin");
    assert.equal(played.headers.get("access-control-allow-origin"), origin);
    assert.match(played.headers.get("access-control-expose-headers"), /Content-Range/);
    assert.equal(played.headers.get("cache-control"), "private, no-store");
    assert.equal((await ask(world, `${url}&download=1`, { who: world.stranger })).status, 200);
    const [made] = world.sqlite("SELECT * FROM audit WHERE action = 'recording.link' AND subject = :id", { id });
    assert.equal(made.actor_name, maker.name);
    const listened = await until("the audit log tells who listened", () => {
        const [row] = world.sqlite("SELECT * FROM audit WHERE action = 'recording.listen' AND subject = :id", { id });
        return row;
    });
    assert.deepEqual([listened.actor_kind, listened.actor_name], ["link", maker.name]);
});

scenario("a link is for one recording, for its time, and as it was made", async (world) => {
    const one = await storedRecording(world);
    const two = await storedRecording(world);
    const { url } = await linkTo(world.api, one.id);
    const query = url.slice(url.indexOf("?") + 1);
    const parts = new URLSearchParams(query);
    const changed = (name, value) => {
        const copy = new URLSearchParams(parts);
        if (value === undefined)
            copy.delete(name);
        else
            copy.set(name, value);
        return `${media(one.id)}?${copy}`;
    };
    const flipped = parts.get("signature").replace(/^./, (c) => (c === "A" ? "B" : "A"));
    for (const wrong of [
        `${media(two.id)}?${query}`,
        `${media(one.sid)}?${query}`,
        changed("expires", String(Number(parts.get("expires")) + 1)),
        changed("expires", undefined),
        changed("by", "A".repeat(22)),
        changed("by", undefined),
        changed("signature", flipped),
        changed("signature", ""),
        changed("signature", parts.get("signature").slice(1)),
        `${url}&signature=${parts.get("signature")}`,
    ]) {
        const answer = await ask(world, wrong, { who: world.stranger });
        assert.deepEqual([answer.status, answer.bytes.includes(parts.get("signature"))], [401, false], wrong);
        assert.equal((await ask(world, wrong)).status, 401, "a credential does not make it good");
    }
    for (const target of [`/recordings/${one.id}?${query}`, `/recordings?${query}`])
        assert.equal((await ask(world, target, { who: world.stranger })).status, 401, target);
    assert.equal((await ask(world, `/recordings/${one.id}/link?${query}`, { who: world.stranger, method: "POST" })).status, 401);
    assert.equal((await ask(world, url, { who: world.stranger })).status, 200);
});

scenario("a link ends by itself", async (world) => {
    const { id } = await storedRecording(world);
    const { url } = await linkTo(world.api, id, { expires_in: 1 });
    await until("it is over", async () => (await ask(world, url, { who: world.stranger })).status === 401);
    for (const wrong of [{ expires_in: 3601 }, { expires_in: 0 }, { expires_in: "60" }, { ttl: 1 }])
        assert.equal((await world.api.post(`/recordings/${id}/link`, wrong)).status, 422, JSON.stringify(wrong));
});

scenario("links outlive a restart, and their secrets are in no log", async (world) => {
    const { id, sound } = await storedRecording(world);
    const { url } = await linkTo(world.api, id);
    assert.equal((await ask(world, url, { who: world.stranger })).status, 200);
    await world.restart();
    assert.ok((await ask(world, url, { who: world.stranger })).bytes.equals(sound));
    const secret = new URLSearchParams(url.slice(url.indexOf("?"))).get("signature");
    for (const { output } of world.programs)
        assert.ok(!output.includes(secret));
    assert.equal(world.count("audit WHERE detail LIKE :secret OR subject LIKE :secret", { secret: `%${secret}%` }), 0);
});

// ---- many, slow and gone

scenario("players that take nothing hold a place until they go; the others are told to come back", async (world) => {
    const { id, sound } = await storedRecording(world, { sound: wav(1200) });
    const sockets = Array.from({ length: 3 }, () => net.connect(world.port, "127.0.0.1"));
    for (const socket of sockets) {
        socket.on("error", () => {});
        socket.write(`GET ${media(id)} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.key}\r\n\r\n`);
        await new Promise((resolve) => socket.once("data", () => (socket.pause(), resolve())));
    }
    const refused = await ask(world, media(id));
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "2"]);
    assert.equal((await world.metrics())["switchhook_recordings_serving"], 3);
    for (const socket of sockets)
        socket.destroy();
    await until("their places are free", async () => (await world.metrics())["switchhook_recordings_serving"] === 0);
    assert.ok((await ask(world, media(id))).bytes.equals(sound));
});

const roomy = stage({ SWITCHHOOK_RECORDING_PLAYERS_MAX: "12" });

roomy("one link takes eight places at most, and leaves the others to everybody else", async (world) => {
    const { id, sound } = await storedRecording(world, { sound: wav(1200) });
    const [{ url }, { url: another }] = [await linkTo(world.api, id), await linkTo(world.api, id)];
    const sockets = Array.from({ length: 8 }, () => net.connect(world.port, "127.0.0.1"));
    for (const socket of sockets) {
        socket.on("error", () => {});
        socket.write(`GET ${url} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\n\r\n`);
        await new Promise((resolve) => socket.once("data", () => (socket.pause(), resolve())));
    }
    const refused = await ask(world, url, { who: world.stranger });
    assert.deepEqual([refused.status, problem(refused).code, refused.headers.get("retry-after")], [429, "rate-limited", "2"]);
    assert.equal((await ask(world, url, { who: world.stranger, method: "HEAD" })).status, 200);
    assert.ok((await ask(world, another, { who: world.stranger })).bytes.equals(sound));
    assert.ok((await ask(world, media(id))).bytes.equals(sound));
    for (const socket of sockets)
        socket.destroy();
    await until("their places are free", async () => (await world.metrics())["switchhook_recordings_serving"] === 0);
    assert.ok((await ask(world, url, { who: world.stranger })).bytes.equals(sound));
});

scenario("a transfer under way is finished when the server stops", async (world) => {
    const { id, sound } = await storedRecording(world, { sound: wav(1200) });
    const socket = net.connect(world.port, "127.0.0.1");
    socket.write(`GET ${media(id)} HTTP/1.1\r\nHost: 127.0.0.1:${world.port}\r\nAuthorization: Bearer ${world.key}\r\n\r\n`);
    let got = 0;
    await new Promise((resolve) => socket.once("data", (piece) => ((got += piece.length), socket.pause(), resolve())));
    const stopped = world.stop();
    socket.on("data", (piece) => (got += piece.length));
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    await stopped;
    assert.ok(got > sound.length, `${got} of ${sound.length} and the head`);
    await world.start();
});

/** A player that asks and leaves, before anything can be answered. */
function askAndLeave(world, target) {
    const head = Object.entries(world.api.headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
    return new Promise((resolve) => {
        const socket = net.connect(world.port, "127.0.0.1", () => {
            socket.write(`GET ${target} HTTP/1.1\r\n${head}\r\n`, () => socket.resetAndDestroy());
        });
        socket.on("error", () => {});
        socket.on("close", resolve);
    });
}

scenario("who leaves while the sound is being opened leaves no place taken", async (world) => {
    const { id, sound } = await storedRecording(world);
    for (let round = 0; round < 100; round++)
        await Promise.all([1, 2, 3].map(() => askAndLeave(world, media(id))));
    await until("their places are free", async () => (await world.metrics())["switchhook_recordings_serving"] === 0);
    assert.equal((await ask(world, media(id))).bytes.length, sound.length);
});
