-- The bucket KEYS[1] as the one time at which it is full again, in microseconds of Redis' own clock, which all share.
-- ARGV: what one token and a full bucket take to come. It answers how long to wait until there is a token.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local full = tonumber(redis.call('GET', KEYS[1])) or 0
if not (full <= now + ARGV[2] + 1) then -- the clock went back, or this is no bucket
	full = now
end
full = math.max(full, now) + ARGV[1]
local wait = full - now - ARGV[2]
if wait > 0 then
	return math.ceil(wait)
end
redis.call('SET', KEYS[1], string.format('%.2f', full), 'PX', math.ceil((full - now) / 1000))
return 0
