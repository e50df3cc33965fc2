package cmd_test

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// window is a page in a browser, and what it has done that nobody sees.
type window struct {
	context.Context
	t    *testing.T
	host string

	mu     sync.Mutex
	errors []string
}

func open(t *testing.T, address string) *window {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*testenv.Patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(testenv.Chromium(t)), chromedp.WindowSize(1400, 2000))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)

	w := &window{Context: ctx, t: t, host: u.Host}
	if err := chromedp.Listen(ctx, w.watch); err != nil {
		t.Fatal(err)
	}
	w.do(chromedp.Navigate(address))
	return w
}

// watch notes what leaves the host, what the page's own policy forbids, and scripts that fail.
func (w *window) watch(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Host != w.host && u.Scheme != "data" && u.Scheme != "blob" {
			w.note("asks for " + e.Request.URL)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			w.note(e.Entry.Text + " " + e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		w.note(e.ExceptionDetails.Text)
	}
}

func (w *window) note(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errors = append(w.errors, text)
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w, steps...); err != nil {
		w.t.Fatalf("%v; the page %s", err, strings.Join(w.noted(), "; "))
	}
}

func (w *window) noted() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.errors
}

// shows waits for the text below the selector.
func (w *window) shows(selector, text string) {
	w.t.Helper()
	_, err := chromedp.Run(w, chromedp.PollFunction[bool](
		`(selector, text) => [...document.querySelectorAll(selector)].some(e => e.textContent.includes(text))`,
		chromedp.WithPollingArgs(selector, text), chromedp.WithPollingTimeout(testenv.Patience)))
	if err != nil {
		w.t.Fatalf("wait for %q: %v; the page %s", text, err, strings.Join(w.noted(), "; "))
	}
}

// behaved fails for what the page did beside showing what it should.
func (w *window) behaved() {
	w.t.Helper()
	for _, text := range w.noted() {
		w.t.Errorf("the page: %s", text)
	}
}

func TestDocsCreateAStudentInABrowser(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "AUTH": "off", "SCHEDULE_RENAME_STUDENTS": "off"})
	dev := start(t, t.TempDir(), s, "dev")
	dev.Says("Ctrl-C")

	w := open(t, s.URL("API_PORT", "/docs"))
	w.shows(".opblock-summary-description", "List students")
	w.createStudent("Grace in a browser")
	w.shows(".live-responses-table .response-col_status", "201")
	if n := count(t, s["DATABASE_URL"], "name = 'Grace in a browser'"); n != 1 {
		t.Errorf("there are %d of her", n)
	}
	w.behaved()
	dev.Stop()
}

func TestDocsLogInByATokenInABrowser(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "AUTH": "on", "SCHEDULE_RENAME_STUDENTS": "off"})
	if said, status := typed(t, password, s, "user", "create", "editor@example.com", "--role", "editor"); status != 0 {
		t.Fatalf("app user create ended with %d and said %s", status, said)
	}
	dev := start(t, t.TempDir(), s, "dev")
	dev.Says("Ctrl-C")

	w := open(t, s.URL("API_PORT", "/docs"))
	w.authorize(logIn(t, s, "editor@example.com", password))
	w.createStudent("Grace with a token")
	w.shows(".live-responses-table .response-col_status", "201")
	if n := count(t, s["DATABASE_URL"], "name = 'Grace with a token'"); n != 1 {
		t.Errorf("there are %d of her", n)
	}
	w.behaved()
	dev.Stop()
}

// authorize fills in the form behind the button Authorize.
func (w *window) authorize(token string) {
	w.t.Helper()
	const form = ".auth-container "
	w.do(
		chromedp.Click(chromedp.CSS(".auth-wrapper .authorize")),
		chromedp.SendKeys(chromedp.CSS(form+"input"), token),
		chromedp.Click(chromedp.CSS(form+".authorize")),
		chromedp.Click(chromedp.CSS(form+".btn-done")),
	)
}

// createStudent fills in and sends the form below createStudent in Swagger UI.
func (w *window) createStudent(name string) {
	w.t.Helper()
	const (
		form = "#operations-students-createStudent "
		body = form + "textarea.body-param__text"
	)
	w.do(
		chromedp.Click(chromedp.CSS(form+".opblock-summary-control")),
		chromedp.Click(chromedp.CSS(form+".try-out__btn")),
		chromedp.WaitVisible(chromedp.CSS(body)),
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Run(ctx, chromedp.Evaluate[any](`document.querySelector("`+body+`").select()`))
			return err
		}),
		chromedp.SendKeys(chromedp.CSS(body), `{"name": "`+name+`"}`),
		chromedp.Click(chromedp.CSS(form+".execute")),
	)
}

func TestRedocShowsEveryRouteInABrowser(t *testing.T) {
	t.Parallel()
	s := freePorts(t).With(settings{"DATABASE_URL": pgtest.URL(t), "AUTH": "off", "SCHEDULE_RENAME_STUDENTS": "off"})
	dev := start(t, t.TempDir(), s, "dev")
	dev.Says("Ctrl-C")

	w := open(t, s.URL("API_PORT", "/redoc"))
	for _, summary := range []string{"List students", "Create a student", "Create students from a file"} {
		w.shows("h2", summary)
	}
	w.behaved()
	dev.Stop()
}
