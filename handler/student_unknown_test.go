package handler_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"example.com/app/handler"
	"example.com/app/lib/pg"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

func TestWhoeverCreatesIsToldWhenNobodyKnowsWhetherItHappened(t *testing.T) {
	t.Parallel()
	proxy := testenv.NewProxy(t, pgtest.URL(t))
	db, err := pg.Open(t.Context(), pg.Options{URL: proxy.URL(), Name: "test", Max: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.WithoutCancel(t.Context())) })
	c := clientOf(t, db, handler.Upstreams{})

	proxy.LoseOf("Ada", 1)
	w := c.do(http.MethodPost, students, `{"name": "Ada"}`)

	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "#outcome_unknown") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if again := w.Header().Get("Retry-After"); again != "" {
		t.Errorf("it says to try again after %s s", again)
	}
	if n := count(t, db, "SELECT count(*) FROM student JOIN outbox ON key = 'student:' || id"); n != 1 {
		t.Errorf("there are %d students with an event", n)
	}
}
