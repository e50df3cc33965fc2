package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"example.com/app/lib/api"
	"example.com/app/lib/testenv"
)

const linesPath = "/api/v1/lines"

// linesHead begins a request with a stream; what follows it ends the head.
const linesHead = "POST " + linesPath + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\n"

func TestStreamIsTakenInItsMediaTypeOnly(t *testing.T) {
	t.Parallel()
	s := sample(t)
	tests := []struct {
		headers []string
		want    int
	}{
		{[]string{"Content-Type", "application/x-ndjson"}, 202},
		{[]string{"Content-Type", "Application/X-NDJSON; charset=UTF-8"}, 202},
		{[]string{"Content-Type", "application/x-ndjson; charset=latin1"}, 415},
		{[]string{"Content-Type", "application/json"}, 415},
		{[]string{"Content-Type", ""}, 415},
		{[]string{"Content-Type", "application/x-ndjson", "Content-Encoding", "gzip"}, 415},
	}
	for _, tt := range tests {
		w := s.do(t, "POST", linesPath, "{}\n", tt.headers...)
		if w.Code != tt.want {
			t.Errorf("%v: %d %s", tt.headers, w.Code, w.Body)
		}
		if w.Code == http.StatusUnsupportedMediaType && w.Header().Get("Accept")+w.Header().Get("Accept-Encoding") == "" {
			t.Errorf("%v: the answer does not say what is accepted", tt.headers)
		}
	}
}

func TestStreamArrivesWholeAndItsAnswerSaysWhereToLook(t *testing.T) {
	t.Parallel()
	s := sample(t)
	for _, size := range []int{0, 1, 3 << 20, 8 << 20} {
		w := s.do(t, "POST", linesPath, strings.Repeat("a", size), "Content-Type", "application/x-ndjson")
		if want := fmt.Sprintf(`{"id":9,"bytes":%d}`, size); w.Code != http.StatusAccepted || w.Body.String() != want {
			t.Errorf("%d bytes: %d %s", size, w.Code, w.Body)
		}
		if got := w.Header().Get("Location"); got != linesPath+"/9" {
			t.Errorf("the answer leads to %q", got)
		}
	}
}

func TestStreamIsNotReadForARequestThatIsWrongOtherwise(t *testing.T) {
	t.Parallel()
	w := sample(t).do(t, "POST", linesPath+"?fold=1", "{}", "Content-Type", "application/x-ndjson")
	if p := problem(t, w); p.Status != http.StatusUnprocessableEntity || p.Errors[0].Pointer != "/query/fold" {
		t.Errorf("%+v", p)
	}
}

func TestStreamBeyondItsLimitIsRefusedWhetherItsLengthIsToldOrNot(t *testing.T) {
	t.Parallel()
	s := sample(t)
	address := port(t, s.handler)
	data := strings.Repeat("a", 8<<20+1)
	for name, text := range map[string]string{
		"length":  fmt.Sprintf("%sContent-Length: %d\r\n\r\n", linesHead, len(data)),
		"chunked": fmt.Sprintf("%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", linesHead, len(data), data),
		"asking":  fmt.Sprintf("%sExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", linesHead, len(data)),
	} {
		k := dial(t, address)
		k.say(text)
		if name == "length" {
			k.say(data[:4<<20]) // what a refusal reads before it answers
		}
		if status, _, err := k.hear(); status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %v", name, status, err)
		}
	}
	if lines := s.logs.records(t, "request failed"); len(lines) > 0 {
		t.Errorf("%v", lines)
	}
}

func TestSlowStreamIsTakenForAsLongAsItsDeadlineLasts(t *testing.T) {
	t.Parallel()
	root := api.New(options(new(logs)))
	api.Post(root, "/lines", "readLines", "Read lines", readLines, api.Deadline(time.Minute), api.Public())
	k := dial(t, port(t, root.Handler())) // which gives a request less time, where the route says nothing

	k.say(linesHead + "Content-Length: 3\r\n\r\n")
	for range 3 {
		time.Sleep(requestTime / 2) // the client is slow
		k.say("a")
	}

	if status, _, err := k.hear(); status != http.StatusCreated {
		t.Errorf("%d %v", status, err)
	}
}

func TestStreamIsReadAsOftenAsTheHandlerLikesAndLeavesNothingNotEvenAtACrash(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var during []os.DirEntry
	root := api.New(options(new(logs)))
	api.Post(root, "/lines", "readLines", "Read lines", func(_ context.Context, in *Lines) (LinesOut, error) {
		var err error
		during, err = os.ReadDir(temporary)
		for range 3 {
			if all, err := io.ReadAll(in.Body.Open()); string(all) != "{}\n" || err != nil {
				t.Errorf("read %q, %v", all, err)
			}
		}
		return LinesOut{}, errors.Join(err, errAbsent)
	}, api.Public())
	s := &site{root, new(logs), root.Handler()}

	s.do(t, "POST", linesPath, "{}\n", "Content-Type", "application/x-ndjson")

	if files, err := os.ReadDir(temporary); len(during)+len(files) > 0 || err != nil {
		t.Errorf("%v during the request, %v after it, %v", during, files, err)
	}
}

func TestStreamThatNeverComesWholeIsRefused(t *testing.T) {
	t.Parallel()
	s := sample(t)
	address := port(t, s.handler)
	for name, begun := range map[string]string{
		"length":  linesHead + "Content-Length: 100\r\n\r\n{",
		"chunked": linesHead + "Transfer-Encoding: chunked\r\n\r\n64\r\n{",
	} {
		cut := dial(t, address)
		cut.say(begun)
		cut.hangUp()
		if status, _, err := cut.hear(); status != http.StatusBadRequest {
			t.Errorf("%s, cut: %d %v", name, status, err)
		}

		stalled := dial(t, address)
		stalled.say(begun)
		if status, closes, err := stalled.hear(); status != http.StatusRequestTimeout || !closes {
			t.Errorf("%s, stalled: %d, connection closes: %t, %v", name, status, closes, err)
		}
	}
	if lines := s.logs.records(t, "request failed"); len(lines) > 0 {
		t.Errorf("%v", lines)
	}
}

func TestStreamEndsWhenItsClientIsGone(t *testing.T) {
	t.Parallel()
	s := sample(t)
	k := dial(t, port(t, s.handler))
	k.say(linesHead + "Content-Length: 100\r\n\r\n{")
	if err := k.conn.Close(); err != nil {
		t.Fatal(err)
	}

	var lines []map[string]any
	for end := time.Now().Add(testenv.Patience); len(lines) == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		lines = s.logs.records(t, "request")
	}
	if len(lines) != 1 || lines[0]["status"] != 400.0 || len(s.logs.records(t, "request failed")) > 0 {
		t.Errorf("%v", lines)
	}
}

func TestHandlerMayWorkLongerThanARequestMayTakeToCome(t *testing.T) {
	t.Parallel()
	l := new(logs)
	root := api.New(options(l))
	work := func(ctx context.Context) (api.NoContent, error) {
		select {
		case <-time.After(requestTime + requestTime/4):
			return api.NoContent{}, nil
		case <-ctx.Done():
			return api.NoContent{}, ctx.Err()
		}
	}
	api.Get(root, "/work", "work", "Work", func(ctx context.Context, _ *struct{}) (api.NoContent, error) {
		return work(ctx)
	}, api.Deadline(time.Minute), api.Public())
	api.Post(root, "/lines", "readLines", "Read lines", func(ctx context.Context, in *Lines) (api.NoContent, error) {
		if all, err := io.ReadAll(in.Body.Open()); len(all) != 2 || err != nil {
			t.Errorf("read %q, %v", all, err)
		}
		return work(ctx)
	}, api.Deadline(time.Minute), api.Public())
	address := port(t, root.Handler())

	for _, request := range []string{"GET /api/v1/work HTTP/1.1\r\nHost: a\r\n\r\n", linesHead + "Content-Length: 2\r\n\r\n{}"} {
		k := dial(t, address)
		k.say(request)
		if status, _, err := k.hear(); status != http.StatusNoContent {
			t.Errorf("%.10s: %d %v", request, status, err)
		}
	}
}

func TestStreamIsDescribedByItsMediaType(t *testing.T) {
	t.Parallel()
	d, _ := document(t, sample(t))
	body := d.Paths[linesPath]["post"].RequestBody
	if body == nil || !body.Required || len(body.Content) != 1 ||
		body.Description != "One document a line." || body.Content["application/x-ndjson"].Schema["type"] != "string" {
		t.Errorf("%+v", body)
	}
}

func TestStreamThatNoRequestCanFillIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	type (
		untyped struct{ Body api.Stream }
		mixed   struct {
			Body api.Stream `body:"text/plain"`
			Name string     `json:"name"`
		}
		member struct {
			Body api.Stream `body:"text/plain" json:"body"`
		}
		twice struct {
			Body, Again api.Stream `body:"text/plain"`
		}
	)
	for name, register := range map[string]func(){
		"untyped": func() { api.Post(api.New(options(new(logs))), "/a", "a", "A", get[untyped], api.Public()) },
		"mixed":   func() { api.Post(api.New(options(new(logs))), "/a", "a", "A", get[mixed], api.Public()) },
		"member":  func() { api.Post(api.New(options(new(logs))), "/a", "a", "A", get[member], api.Public()) },
		"twice":   func() { api.Post(api.New(options(new(logs))), "/a", "a", "A", get[twice], api.Public()) },
		"guard":   func() { api.NewGuard(guard[untyped]) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is registered", name)
				}
			}()
			register()
		}()
	}
}
