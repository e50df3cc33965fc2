package cache_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/cache"
)

// babble answers each command that reads or counts with the same words, after a moment, and is the address of such a server.
func babble(t *testing.T, words string, moment time.Duration) string {
	t.Helper()
	return "redis://:hush@" + accepting(t, func(c net.Conn) { go answer(c, words, moment) })
}

func answer(c net.Conn, words string, moment time.Duration) {
	defer func() { _ = c.Close() }()
	in := bufio.NewScanner(c)
	for in.Scan() { // *2, $3, get, $1, x
		parts, _ := strconv.Atoi(strings.TrimPrefix(in.Text(), "*"))
		var name string
		for i := range 2 * parts {
			if in.Scan(); i == 1 {
				name = strings.ToLower(in.Text())
			}
		}
		said := "+OK\r\n"
		switch name {
		case "hello":
			said = "-ERR unknown command\r\n"
		case "get", "evalsha":
			time.Sleep(moment)
			said = words
		}
		if _, err := io.WriteString(c, said); err != nil {
			return
		}
	}
}

func TestGarbageFromRedisIsAnErrorAndARefreshGoesOn(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"$9223372036854775807\r\n", "*9223372036854775807\r\n", "$-7\r\n", ":x\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			log := newLines()
			r := openWith(t, cache.Options{URL: babble(t, words, 0), Patience: 20 * time.Second, Log: slog.New(log)})
			f := cache.NewFresh(r, "x", time.Hour, func(context.Context) (int, error) { return 1, nil })
			if got, err := f.Value(quiet(t)); got != 1 || err != nil {
				t.Errorf("%d, %v", got, err)
			}
			for range 5 {
				if _, err := r.Take(t.Context(), "b", time.Hour, time.Hour); err == nil {
					t.Error("it counts")
				}
			}
			if log.count(slog.LevelWarn) != 1 || !strings.Contains(log.said, "error=") || strings.Contains(log.said, "hush") {
				t.Errorf("logged %v, and said %s", log.seen, log.said)
			}
		})
	}
}

func TestRedisThatIsAlwaysSlowIsLeftAlone(t *testing.T) {
	t.Parallel()
	log := newLines()
	r := openWith(t, cache.Options{URL: babble(t, ":0\r\n", 400*time.Millisecond), Patience: 900 * time.Millisecond, Log: slog.New(log)})
	var left bool
	for range 4 {
		_, err := r.Take(t.Context(), "b", time.Hour, time.Hour)
		left = err != nil
	}
	if !left || log.count(slog.LevelWarn) != 1 {
		t.Errorf("left alone: %t; logged %v, and said %s", left, log.seen, log.said)
	}
}

func TestLogTellsWhatIsWrongWithRedis(t *testing.T) {
	t.Parallel()
	for want, arguments := range map[string][]string{
		"WRONGPASS": {"--requirepass", "x"}, "READONLY": {"--replicaof", "127.0.0.1 1"}, "OOM": {"--maxmemory", "1"},
	} {
		log, login := newLines(), ""
		if want == "WRONGPASS" {
			login = ":hush@"
		}
		r := openWith(t, cache.Options{URL: at(t, login, "", arguments...), Patience: 20 * time.Second, Log: slog.New(log)})
		until(t, "it is left alone", func() bool {
			_, _ = r.Take(t.Context(), "b", time.Hour, time.Hour)
			return log.count(slog.LevelWarn) == 1
		})
		if !strings.Contains(log.said, want) || strings.Contains(log.said, "hush") {
			t.Errorf("%s: said %s", want, log.said)
		}
	}
}
