package cache_test

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"example.com/app/lib/cache"
	"example.com/app/lib/testenv"
)

// at is the URL of a server of the test.
func at(t *testing.T, login, database string, arguments ...string) string {
	t.Helper()
	return "redis://" + login + testenv.NewRedis(t, arguments...).Address() + "/" + database
}

func TestTryTellsWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	ann := []string{"--user", "ann", "on", ">hush"}
	for name, c := range map[string]struct {
		url          func(t *testing.T) string
		says, advice string
	}{
		"nobody":       {func(*testing.T) string { return "redis://:hush@127.0.0.1:1" }, "connection refused", "start Redis there"},
		"no host":      {func(*testing.T) string { return "redis://:hush@nowhere.invalid" }, "lookup nowhere.invalid", "correct the host's name"},
		"wrong":        {func(t *testing.T) string { return at(t, ":hush@", "", "--requirepass", "x") }, "WRONGPASS", "user or the password"},
		"no password":  {func(t *testing.T) string { return at(t, "", "", "--requirepass", "hush") }, "NOAUTH", "user or the password"},
		"no user":      {func(t *testing.T) string { return at(t, "bob:hush@", "", ann...) }, "WRONGPASS", "user or the password"},
		"no database":  {func(t *testing.T) string { return at(t, "", "99") }, "DB index", "number of the database"},
		"follows":      {func(t *testing.T) string { return at(t, "", "", "--replicaof", "127.0.0.1 1") }, "READONLY", "to the primary"},
		"cluster":      {func(t *testing.T) string { return testenv.NewRedisCluster(t).URL() }, "CLUSTERDOWN", "no cluster"},
		"full":         {func(t *testing.T) string { return at(t, "", "", "--maxmemory", "1") }, "OOM", "raise maxmemory"},
		"others' keys": {func(t *testing.T) string { return at(t, "ann:hush@", "", append(ann, "~x:*", "+@all")...) }, "NOPERM", "grant this user ~app:* "},
		"distrusted":   {func(t *testing.T) string { return testenv.RedisTLS(t) }, "certificate", "trust who has signed"},
		"TLS alone":    {func(t *testing.T) string { return strings.Replace(testenv.RedisTLS(t), "rediss", "redis", 1) }, "EOF", "begin with rediss://"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, c.url(t))
			_, err := r.Try(t.Context())
			if err == nil || strings.Contains(err.Error(), "hush") || !strings.Contains(err.Error(), c.says) || !strings.Contains(r.Advice(err), c.advice) {
				t.Errorf("%v: %s", err, r.Advice(err))
			}
		})
	}
}

func TestRightsThatAreAdvisedAreEnough(t *testing.T) {
	t.Parallel()
	user := func(rights ...string) *cache.Redis {
		return open(t, at(t, "ann:hush@", "", append([]string{"--user", "ann", "on", ">hush"}, rights...)...))
	}
	r := user("+@connection")
	_, err := r.Try(t.Context())
	_, rights, _ := strings.Cut(r.Advice(err), "grant this user ")
	facts, err := user(strings.Fields(rights)...).Try(t.Context())
	if err != nil || facts.Version == "" || facts.Cluster || facts.Fills {
		t.Errorf("with %s: %+v, %v", rights, facts, err)
	}
}

func TestTryKnowsAClusterAndAServerThatFills(t *testing.T) {
	t.Parallel()
	server := testenv.NewRedisCluster(t, "--maxmemory", "100mb")
	raw := redis.NewClient(&redis.Options{Addr: server.Address()})
	t.Cleanup(func() { _ = raw.Close() })
	if err := raw.ClusterAddSlotsRange(t.Context(), 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	r := open(t, server.URL())
	var facts cache.Facts
	until(t, "the cluster serves its keys", func() bool {
		var err error
		facts, err = r.Try(t.Context())
		return err == nil
	})
	if !facts.Cluster || !facts.Fills {
		t.Errorf("%+v", facts)
	}
}
