-- What wrk asks: the word after "--" chooses. What came of it is told as one line of JSON.
local students = 10000

local function get(path)
  return function() return wrk.format("GET", path()) end
end

local asks = {
  show = get(function() return "/api/v1/students/" .. math.random(students) end),
  list = get(function() return "/api/v1/students" end),
  states = get(function() return "/api/v1/states" end),
  create = function()
    return wrk.format("POST", "/api/v1/students", { ["Content-Type"] = "application/json" }, '{"name": "Ada Lovelace"}')
  end,
}

function init(args)
  request = asks[args[1]]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"requests": %d, "failures": %d, "microseconds": %d, "p50": %d, "p99": %d}\n',
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)))
end
