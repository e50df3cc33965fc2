package cache_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/redis/go-redis/v9"

	"example.com/app/lib/auth"
	"example.com/app/lib/cache"
	"example.com/app/lib/testenv"
)

// lines counts what is logged, by level, and keeps what is said beside the messages.
type lines struct {
	slog.Handler
	mu   sync.Mutex
	seen map[string]int
	said string
}

func newLines() *lines { return &lines{Handler: slog.DiscardHandler, seen: map[string]int{}} }

func (l *lines) Enabled(context.Context, slog.Level) bool { return true }

func (l *lines) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen[r.Level.String()]++
	r.Attrs(func(a slog.Attr) bool {
		l.said += a.String() + "\n"
		return true
	})
	return nil
}

func (l *lines) count(level slog.Level) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[level.String()]
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("wait until %s", what)
		}
	}
}

// sent counts the commands that had an outcome.
func sent(t *testing.T, metrics *prometheus.Registry, outcome string) (n float64) {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetType() == dto.MetricType_COUNTER && l.GetValue() == outcome {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

func TestDeadRedisIsLeftAloneAndUsedAgainWhenItIsBack(t *testing.T) {
	t.Parallel()
	for name, end := range map[string][2]func(*testenv.Redis){
		"killed": {(*testenv.Redis).Kill, (*testenv.Redis).Start},
		"paused": {(*testenv.Redis).Pause, (*testenv.Redis).Continue},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, log, metrics := testenv.NewRedis(t), newLines(), prometheus.NewRegistry()
			r := openWith(t, cache.Options{URL: server.URL(), Patience: time.Second, Log: slog.New(log), Metrics: metrics})
			ctx := t.Context()
			r.Set(ctx, "a", []byte("1"), time.Hour)

			end[0](server)
			var asking sync.WaitGroup
			for range 50 {
				asking.Go(func() {
					for range 100 {
						if v, ok := r.Get(ctx, "a"); ok {
							t.Errorf("a dead server answers %q", v)
						}
					}
				})
			}
			asking.Wait()
			if _, err := r.Take(ctx, "x", time.Second, time.Second); err == nil {
				t.Error("a dead server counts")
			}
			if err := r.Ping(ctx); err == nil {
				t.Error("a dead server answers a ping")
			}
			if n := sent(t, metrics, "error"); n < 3 || n > 200 {
				t.Errorf("a dead server was asked %v times", n)
			}

			end[1](server)
			until(t, "it is used again", func() bool {
				r.Set(ctx, "a", []byte("2"), time.Hour)
				v, _ := r.Get(ctx, "a")
				return string(v) == "2"
			})
			if log.count(slog.LevelWarn) != 1 || log.count(slog.LevelInfo) != 1 || !strings.Contains(log.said, "error=") {
				t.Errorf("logged %v, and said %s", log.seen, log.said)
			}
		})
	}
}

func TestProcessesShareOneBucket(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t)
	var taken, refused atomic.Int32
	var asking sync.WaitGroup
	for range 2 {
		r := open(t, server.URL())
		for range 4 {
			asking.Go(func() {
				for range 25 {
					wait, err := r.Take(t.Context(), "b", time.Hour, 50*time.Hour)
					switch {
					case err != nil:
						t.Error(err)
					case wait == 0:
						taken.Add(1)
					case wait > time.Hour || wait < 59*time.Minute:
						t.Errorf("wait %v", wait)
					default:
						refused.Add(1)
					}
				}
			})
		}
	}
	asking.Wait()
	if taken.Load() != 50 || refused.Load() != 150 {
		t.Errorf("%d taken, %d refused", taken.Load(), refused.Load())
	}
	if wait, err := open(t, server.URL()).Take(t.Context(), "another", time.Hour, time.Hour); wait != 0 || err != nil {
		t.Errorf("another bucket: %v, %v", wait, err)
	}
}

func TestTokensComeBackInTime(t *testing.T) {
	t.Parallel()
	r := open(t, testenv.NewRedis(t).URL())
	take := func(each, all time.Duration) time.Duration {
		wait, err := r.Take(t.Context(), "b", each, all)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	for range 3 {
		take(100*time.Millisecond, 300*time.Millisecond)
	}
	until(t, "there is a token", func() bool { return take(100*time.Millisecond, 300*time.Millisecond) == 0 })
	until(t, "the bucket is full, and forgotten", func() bool { return take(299*time.Millisecond, 300*time.Millisecond) == 0 })
}

// raw is a client that lets a test do what the program does not.
func raw(t *testing.T, server *testenv.Redis) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: server.Address()})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestBucketThatNoTakeHasLeftIsAFullOne(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t)
	r := open(t, server.URL())
	ahead := strconv.FormatInt(time.Now().Add(10*time.Hour).UnixMicro(), 10) // as when the clock goes back
	for _, left := range []string{ahead, ahead + ".00", "inf", "-inf", "nan", "-nan", "x", ""} {
		if err := raw(t, server).Set(t.Context(), "app:b", left, 0).Err(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if wait, err := r.Take(t.Context(), "b", time.Hour, 2*time.Hour); wait != 0 || err != nil {
				t.Errorf("%s: %v, %v", left, wait, err)
			}
		}
		if wait, err := r.Take(t.Context(), "b", time.Hour, 2*time.Hour); wait < 50*time.Minute || wait > time.Hour || err != nil {
			t.Errorf("%s, two tokens later: %v, %v", left, wait, err)
		}
	}
}

func TestKeyOfAnotherTypeSaysNothingAboutTheServer(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t)
	if err := raw(t, server).LPush(t.Context(), "app:b", "x").Err(); err != nil {
		t.Fatal(err)
	}
	r := open(t, server.URL())
	for range 5 {
		if _, err := r.Take(t.Context(), "b", time.Hour, time.Hour); err == nil {
			t.Error("a list is a bucket")
		}
		if _, ok := r.Get(t.Context(), "b"); ok {
			t.Error("a list is a value")
		}
	}
	if wait, err := r.Take(t.Context(), "another", time.Hour, time.Hour); wait != 0 || err != nil {
		t.Errorf("another bucket: %v, %v", wait, err)
	}
}

func TestServicesOfOneRedisHaveKeysOfTheirOwn(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t)
	for _, prefix := range []string{"a:", "b:"} {
		r := openWith(t, cache.Options{URL: server.URL(), Prefix: prefix, Patience: 20 * time.Second, Log: slog.New(slog.DiscardHandler)})
		if _, ok := r.Get(t.Context(), "x"); ok {
			t.Error("it has another's value")
		}
		r.Set(t.Context(), "x", nil, time.Hour)
		if wait, err := r.Take(t.Context(), "y", time.Hour, time.Hour); wait != 0 || err != nil {
			t.Errorf("it has another's bucket: %v, %v", wait, err)
		}
		mark := auth.Mark{Key: "z", Fade: time.Hour}
		if wait, err := r.Strike(t.Context(), time.Now(), mark); wait != 0 || err != nil {
			t.Errorf("it has another's failures: %v, %v", wait, err)
		}
		if !r.Add(t.Context(), "w", nil, time.Hour) {
			t.Error("another leads")
		}
	}
	keys, err := raw(t, server).Keys(t.Context(), "[ab]:[w-z]").Result()
	if all, _ := raw(t, server).DBSize(t.Context()).Result(); len(keys) != 8 || all != 8 || err != nil {
		t.Errorf("%d keys, of them %v: %v", all, keys, err)
	}
}

func TestURLThatIsNoneIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "http://u:hush@h:1", "redis://u:hu#sh@h", "redis://u:hush@h:x", "redis://u:hush@h/zero", "redis://u:hush@h?nope=1",
		"unix://u:hush@/tmp/s", "redis://u:%hush@h",
	} {
		if _, err := cache.LoginOf(url); err == nil || strings.Contains(err.Error(), "hu") {
			t.Errorf("%q: %v", url, err)
		}
	}
	login, err := cache.LoginOf("rediss://ann:hush@h:1/2")
	if password, _ := login.Password(); err != nil || login.Username() != "ann" || password != "hush" {
		t.Errorf("%v, %v", login, err)
	}
}

func TestPasswordAndTLSAreTakenFromTheURL(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedis(t, "--requirepass", "hush", "--tls-port", "0")
	if err := open(t, strings.Replace(server.URL(), "//", "//:hush@", 1)).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := open(t, server.URL()).Ping(t.Context()); err == nil {
		t.Error("it answers without the password")
	}

	secure := testenv.RedisTLS(t)
	if err := open(t, secure).Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a server that nobody vouches for: %v", err)
	}
	if err := open(t, secure+"?skip_verify=true").Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestConnectionThatTakesLongServesThoseWhoComeLater(t *testing.T) {
	t.Parallel()
	secure := testenv.RedisTLS(t)
	far := distant(t, strings.TrimPrefix(secure, "rediss://"), 600*time.Millisecond)
	r := openWith(t, cache.Options{URL: "rediss://" + far + "?skip_verify=true", Log: slog.New(slog.DiscardHandler)})
	until(t, "it answers", func() bool {
		_, err := r.Take(t.Context(), "b", time.Hour, time.Hour)
		return err == nil
	})
}

// distant is the address of a server whose connections take so long.
func distant(t *testing.T, server string, away time.Duration) string {
	t.Helper()
	return accepting(t, func(near net.Conn) { time.AfterFunc(away, func() { pipe(t.Context(), near, server) }) })
}

// accepting is the address of a server that has serve take each connection, one after the other.
func accepting(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	return l.Addr().String()
}

func pipe(ctx context.Context, near net.Conn, server string) {
	defer func() { _ = near.Close() }()
	far, err := new(net.Dialer).DialContext(ctx, "tcp", server)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
}
