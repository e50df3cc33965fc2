package cmd

import (
	"context"
	"log/slog"
	"strings"

	"example.com/app/lib/cache"
)

func (d doctor) caches() []examination {
	if d.RedisURL == "" {
		return nil
	}
	return []examination{{"cache", "REDIS_URL", func(ctx context.Context) []finding {
		return []finding{d.redis(ctx)}
	}}}
}

// redis does what a mode does with it, and waits longer.
func (d doctor) redis(ctx context.Context) finding {
	r, err := cache.OpenRedis(cache.Options{
		URL: d.RedisURL, Name: service + "-doctor", Prefix: service + ":", Patience: refusal, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return finding{"cache", fault, err.Error(), "check REDIS_URL"}
	}
	defer func() { _ = r.Close() }()

	facts, err := r.Try(ctx)
	switch {
	case err != nil:
		return finding{"cache", fault, err.Error(), r.Advice(err) + ": check REDIS_URL"}
	case facts.Cluster:
		return finding{"cache", fault, "it is one of a cluster, which has only some of the keys", "let REDIS_URL lead to a Redis that is no cluster"}
	case facts.Fills:
		return finding{
			"cache", warning, "when it is full it forgets nothing: then each process goes on by itself",
			"set maxmemory-policy of the server to allkeys-lru",
		}
	}
	return finding{"cache", fine, strings.TrimSpace("Redis " + facts.Version), ""}
}
