// Access tokens as two JWT libraries that know nothing of ours read them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import * as jose from "jose";
import jsonwebtoken from "jsonwebtoken";

const here = path.dirname(fileURLToPath(import.meta.url));
const build = process.env.SWITCHHOOK_BUILD ?? path.resolve(here, "../../build/dev");
const secret = "vector-key-000000000000000000001";
const now = Math.floor(Date.now() / 1000);

function mint({ key = secret, identity = "alice", ttl = 3600, at = now } = {}) {
    const tool = path.join(build, "support", "mint_token");
    return execFileSync(tool, [key, identity, String(ttl), String(at)], { encoding: "utf8" }).trim();
}

const readers = {
    jsonwebtoken: (token, key = secret) => {
        const { header, payload } = jsonwebtoken.verify(token, key, { algorithms: ["HS256"], complete: true });
        return { header, payload };
    },
    jose: async (token, key = secret) => {
        const { protectedHeader, payload } = await jose.jwtVerify(token, new TextEncoder().encode(key), {
            algorithms: ["HS256"],
            typ: "JWT",
        });
        return { header: protectedHeader, payload };
    },
};

const grants = {
    voice: {
        incoming: { allow: true },
        outgoing: {
            application_sid: "AP00000000000000000000000000000002",
            params: { team: 'säles "north"\n' },
        },
        push_credential_sid: "CR00000000000000000000000000000003",
        endpoint_id: "ep1",
    },
    video: { room: "daily" },
    chat: { service_sid: "IS00000000000000000000000000000004" },
    data_sync: { service_sid: "IS00000000000000000000000000000005" },
    task_router: {
        workspace_sid: "WS00000000000000000000000000000006",
        worker_sid: "WK00000000000000000000000000000007",
        role: "worker",
    },
    player: { playbackUrl: "https://player.example.com/1", nested: { n: 1 } },
};

for (const [name, read] of Object.entries(readers)) {
    test(`${name} believes a token and finds every claim in it`, async () => {
        const { header, payload } = await read(mint());
        assert.deepEqual({ ...header }, { alg: "HS256", typ: "JWT", cty: "twilio-fpa;v=1", twr: "ie1" });
        assert.deepEqual(payload, {
            jti: `SK00000000000000000000000000000001-${now}`,
            iss: "SK00000000000000000000000000000001",
            sub: "AC00000000000000000000000000000000",
            iat: now,
            nbf: now - 5,
            exp: now + 3600,
            grants: { identity: "alice", ...grants },
        });
    });

    test(`${name} reads any identity as it was given`, async () => {
        for (const identity of ["agent_7", "42", "Ünï 🙂", 'a"b\\c', "tab\tline\n\u0001"]) {
            const { payload } = await read(mint({ identity }));
            assert.equal(payload.grants.identity, identity);
        }
    });

    test(`${name} takes secrets of any length and kind`, async () => {
        for (const key of ["k", "x".repeat(64), "x".repeat(200), "Ünï"]) {
            const { payload } = await read(mint({ key }), key);
            assert.equal(payload.grants.identity, "alice");
        }
    });

    test(`${name} refuses what was changed, expired, early or signed by another`, async () => {
        const [header, payload, signature] = mint().split(".");
        const changed = payload.slice(0, -1) + (payload.endsWith("A") ? "B" : "A");
        const refused = [
            [`${header}.${changed}.${signature}`, secret],
            [mint(), `${secret}x`],
            [mint({ at: now - 4000 }), secret],
            [mint({ at: now + 4000 }), secret],
        ];
        for (const [token, key] of refused)
            await assert.rejects(async () => read(token, key));
    });
}
