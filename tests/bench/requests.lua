-- For wrk: sends what it is told to, and prints what was measured as one line of numbers.
--
-- In the environment (a secret does not belong into an argument list):
--   BENCH_SIGNED   file of lines `SIGNATURE TOKEN BODY` (tests/bench/sign_requests.c): POSTs to the path of the URL, each line once
--   BENCH_AGAIN    not empty: from the start again when the lines are used up (for servers that do not mind)
--   BENCH_TARGETS  file of lines `METHOD PATH [BODY]`: sent in turn, as often as it takes
--   BENCH_KEY      an API key, sent as a bearer
--   BENCH_RANGE    `BYTES SIZE`: with the targets, so many bytes of SIZE are asked for, from the beginning to the end and again
--   BENCH_DELAY_MS each connection waits so long before each request
--
-- Threads take turns with the lines, so no line is sent twice.

local threads = {}

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

local function head(method, path, more)
    return method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.headers["Host"] .. "\r\n" .. more
end

-- Every `count`th line of a file, from line `number` on.
local function own_lines(path, count)
    local file = assert(io.open(path, "r"))
    local skip = number
    local function next_line()
        for _ = 1, skip do
            if not file:read("*l") then return nil end
        end
        skip = count - 1
        return file:read("*l")
    end
    local function again()
        file:seek("set")
        skip = number
    end
    return next_line, again
end

local function signed_requests(path)
    local next_line, again = own_lines(path, tonumber(os.getenv("BENCH_THREADS")))
    local start = head("POST", wrk.path, "Content-Type: application/x-www-form-urlencoded\r\nX-Twilio-Signature: ")
    local may_repeat = os.getenv("BENCH_AGAIN") ~= ""
    return function()
        local line = next_line()
        if not line and may_repeat then
            again()
            line = next_line()
        end
        if not line then -- a request that cannot succeed, so that running out shows
            return head("GET", "/bench-ran-out-of-requests", "\r\n")
        end
        local signature, token, body = line:match("^(%S+) (%S+) (.*)$")
        return start .. signature .. "\r\nI-Twilio-Idempotency-Token: " .. token ..
            "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
    end
end

local function listed_requests(path)
    local ready = {}
    local bearer = "Authorization: Bearer " .. (os.getenv("BENCH_KEY") or "") .. "\r\n"
    for line in io.lines(path) do
        local method, target, body = line:match("^(%S+) (%S+) ?(.*)$")
        local more = bearer
        if body ~= "" then
            more = more .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n"
        end
        table.insert(ready, head(method, target, more .. "\r\n") .. body)
    end
    local at = number
    return function()
        at = at % #ready + 1
        return ready[at]
    end
end

-- The second line of a request is Host; what is asked for goes before it.
local function ranges(next_request, bytes, size)
    local from = number * bytes
    return function()
        local range = string.format("\r\nRange: bytes=%d-%d\r\n", from, math.min(from + bytes, size) - 1)
        from = (from + bytes) % (size - size % bytes)
        return (next_request():gsub("\r\n", range, 1))
    end
end

function init(args)
    local signed = os.getenv("BENCH_SIGNED") or ""
    request = signed ~= "" and signed_requests(signed) or listed_requests(os.getenv("BENCH_TARGETS"))
    local bytes, size = (os.getenv("BENCH_RANGE") or ""):match("^(%d+) (%d+)$")
    if bytes then request = ranges(request, tonumber(bytes), tonumber(size)) end
    local pause = tonumber(os.getenv("BENCH_DELAY_MS") or "")
    if pause then
        delay = function() return pause end
    end
end

-- requests, requests per second, p50 and p99 in milliseconds, answers that were not 2xx or 3xx, broken or late ones
function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format("RESULT %d %.1f %.3f %.3f %d %d\n", summary.requests,
        summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
