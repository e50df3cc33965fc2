-- Failures under each of KEYS, as the time at which the last of them is forgiven (clean), and the one at which the next attempt
-- may come (next), in microseconds. ARGV: the time, the first wait, and how often it doubles; then for each key how many
-- failures are free, and what one takes to fade. It answers how long to wait; if not at all, it has counted one more for each.
local now, first, doublings = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wait = 0
for _, key in ipairs(KEYS) do
	wait = math.max(wait, (tonumber(redis.call('HGET', key, 'next')) or 0) - now)
end
if wait > 0 then
	return wait
end
for i, key in ipairs(KEYS) do
	local free, fade = tonumber(ARGV[2 * i + 2]), tonumber(ARGV[2 * i + 3])
	local clean = tonumber(redis.call('HGET', key, 'clean')) or 0
	local left = math.min(math.max(clean - now, 0) + fade, fade * (free + doublings))
	local over, next = math.ceil(left / fade) - free, 0
	if over >= 0 then
		next = now + first * 2 ^ over
	end
	redis.call('HSET', key, 'clean', string.format('%.0f', now + left), 'next', string.format('%.0f', next))
	redis.call('PEXPIRE', key, math.ceil(left / 1000))
end
return 0
