package cache

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"example.com/app/lib/telemetry"
)

const (
	// patience is how long one command may take: whoever waits can do without the answer.
	patience = 300 * time.Millisecond

	// dialTimeout is for a new connection. Its command does not wait for it that long, but the next ones have it.
	dialTimeout = 3 * time.Second
)

// Redis is a cache that processes share, and their counts. A server that does not answer, or takes more than 100 ms for it
// again and again, costs one command in a second 300 ms, and the others nothing.
type Redis struct {
	client   *redis.Client
	prefix   string
	patience time.Duration
	breaker  *breaker
	meters   *meters
	tracer   *telemetry.Tracer

	take, strike, forgive *redis.Script
}

// Options are a Redis as a process sees it.
type Options struct {
	URL      string        // redis://user:password@host:6379/0, or rediss
	Name     string        // of this client, in CLIENT LIST
	Prefix   string        // of all keys, for a Redis that has other users, too
	Patience time.Duration // for a command; 0: 300 ms
	Log      *slog.Logger
	Metrics  prometheus.Registerer // nil: nobody looks
	Tracer   *telemetry.Tracer
}

// OpenRedis connects when it is asked for something. It silences go-redis, for the whole process: what is wrong is said to Log.
func OpenRedis(o Options) (*Redis, error) {
	options, err := readURL(o.URL)
	if err != nil {
		return nil, err
	}
	options.ClientName = o.Name
	options.MaxRetries, options.DialerRetries = -1, 1 // the breaker decides
	wait := cmp.Or(o.Patience, patience)
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = max(dialTimeout, wait), wait, wait, wait
	options.ContextTimeoutEnabled = true
	options.DisableIdentity = true
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}

	logging.Disable()
	r := &Redis{
		client: redis.NewClient(options), prefix: o.Prefix, patience: wait, breaker: newBreaker(o.Log), tracer: o.Tracer,
		take: redis.NewScript(takeScript), strike: redis.NewScript(strikeScript), forgive: redis.NewScript(forgiveScript),
	}
	r.meters = newMeters(o.Metrics, r.breaker.IsClosed)
	return r, nil
}

// LoginOf reads a URL as OpenRedis does. The error holds no part of the URL.
func LoginOf(address string) (*url.Userinfo, error) {
	o, err := readURL(address)
	if err != nil {
		return nil, err
	}
	return url.UserPassword(o.Username, o.Password), nil
}

// readURL drops words that may hold a part of the password.
func readURL(address string) (*redis.Options, error) {
	o, err := redis.ParseURL(address)
	if err != nil || o.Network != "tcp" {
		return nil, errors.New("want redis://user:password@host:port/database or rediss://…, with the number of the database, " +
			"and with the user's and the password's special characters percent-encoded")
	}
	return o, nil
}

// Get is Cache's.
func (r *Redis) Get(ctx context.Context, key string) (value []byte, ok bool) {
	_ = r.do(ctx, "get", func(ctx context.Context) (err error) {
		value, err = r.client.Get(ctx, r.prefix+key).Bytes()
		return err
	})
	return value, value != nil
}

// Set is Cache's.
func (r *Redis) Set(ctx context.Context, key string, value []byte, ttl time.Duration) {
	_ = r.do(ctx, "set", func(ctx context.Context) error {
		if !takes(value, ttl) {
			return r.client.Del(ctx, r.prefix+key).Err()
		}
		return r.client.Set(ctx, r.prefix+key, value, ttl.Truncate(minTTL)).Err()
	})
}

// Add is Cache's.
func (r *Redis) Add(ctx context.Context, key string, value []byte, ttl time.Duration) bool {
	added := true
	_ = r.do(ctx, "add", func(ctx context.Context) error {
		if !takes(value, ttl) {
			return nil
		}
		ok, err := r.client.SetNX(ctx, r.prefix+key, value, ttl.Truncate(minTTL)).Result()
		added = ok || err != nil
		return err
	})
	return added
}

// Ping asks even a server that is left alone at the moment.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	if err := safely(func() error { return r.client.Ping(ctx).Err() }); err != nil {
		return fmt.Errorf("ask Redis: %w", err)
	}
	return nil
}

// Close ends the connections; what comes after it finds nothing.
func (r *Redis) Close() error {
	if err := r.client.Close(); err != nil {
		return fmt.Errorf("close the connections to Redis: %w", err)
	}
	return nil
}
