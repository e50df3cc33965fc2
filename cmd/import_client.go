package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"example.com/app/handler"
	"example.com/app/lib/api"
	"example.com/app/models"
	"example.com/app/schemas"
)

const (
	importPoll     = 250 * time.Millisecond
	importAnswer   = 10 * time.Second // how long the API may take to tell how far an import is
	importPatience = 30 * time.Second // how long it may not answer at all before nobody waits for it any more
	importTold     = 16 << 20         // bytes of an answer
)

// importClient speaks with the API about one import.
type importClient struct {
	base *url.URL
	at   *url.URL // the import, once there is one

	token string // of who has logged in; empty: nobody
}

func (i *importClient) request(ctx context.Context, method string, to *url.URL, body io.Reader) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, to.String(), body)
	if err == nil && i.token != "" {
		r.Header.Set("Authorization", "Bearer "+i.token)
	}
	return r, err
}

func (i *importClient) upload(c *cobra.Command, file io.Reader, size int64) (out schemas.StudentImportOut, err error) {
	bar := newBar(c, size, "sending", true)
	defer endBar(bar)
	body := progressbar.NewReader(file, bar)

	to := i.base.JoinPath("api/v1/students/imports")
	r, err := i.request(c.Context(), http.MethodPost, to, &body)
	if err != nil {
		return out, err
	}
	r.ContentLength = size
	r.Header.Set("Content-Type", "application/x-ndjson")
	r.Header.Set("Expect", "100-continue") // a refusal then comes before the file goes

	location, err := ask(r, http.StatusAccepted, &out)
	if err != nil {
		return out, fmt.Errorf("send the rows: %w", cutShort(err))
	}
	i.at, err = to.Parse(location)
	return out, err
}

// follow waits until no row waits any more.
func (i *importClient) follow(c *cobra.Command, out schemas.StudentImportOut) (schemas.StudentImportOut, error) {
	bar := newBar(c, int64(out.Total), "creating", false)
	defer endBar(bar)

	poll := time.NewTicker(importPoll)
	defer poll.Stop()
	for heard := time.Now(); out.FinishedAt == nil; {
		_ = bar.Set(out.Total - out.Waiting) // a bar that cannot be drawn is no reason to stop
		select {
		case <-c.Context().Done():
			return out, fmt.Errorf("import %d goes on without you: see %s", out.ID, i.at)
		case <-poll.C:
		}

		now, err := i.status(c.Context())
		switch {
		case err == nil:
			out, heard = now, time.Now()
		case time.Since(heard) > importPatience:
			return out, fmt.Errorf("wait for import %d: %w", out.ID, err)
		}
	}
	return out, nil
}

func (i *importClient) status(ctx context.Context) (out schemas.StudentImportOut, err error) {
	ctx, cancel := context.WithTimeout(ctx, importAnswer)
	defer cancel()
	r, err := i.request(ctx, http.MethodGet, i.at, http.NoBody)
	if err != nil {
		return out, err
	}
	_, err = ask(r, http.StatusOK, &out)
	return out, err
}

// ask fails for every other status than want.
func ask(r *http.Request, want int, out *schemas.StudentImportOut) (location string, err error) {
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", unreached(r.URL.Host, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, importTold))
	if err != nil {
		return "", fmt.Errorf("read the answer of %s: %w", r.URL.Host, err)
	}

	if res.StatusCode != want {
		return "", refused(r, res, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		return "", fmt.Errorf("read the answer of %s: %w", r.URL.Host, err)
	}
	return res.Header.Get("Location"), nil
}

func unreached(host string, err error) error {
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return fmt.Errorf("no API answers at %s: start app run or app dev, or say where it is with --url: %w", host, dial.Err)
	}
	return err
}

// cutShort says what may be behind an upload that the API does not take to its end.
func cutShort(err error) error {
	ends := []error{syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} // whichever side of the client sees it first
	if !slices.ContainsFunc(ends, func(end error) bool { return errors.Is(err, end) }) {
		return err
	}
	return fmt.Errorf("the API ended the upload: it takes at most %d rows and %d MiB: %w",
		models.MaxImportRows, handler.ImportBytes>>20, err)
}

// refused says in one line what a problem document says.
func refused(r *http.Request, res *http.Response, body []byte) error {
	var p api.Problem
	if json.Unmarshal(body, &p) != nil || p.Title == "" {
		return fmt.Errorf("%s answers %s to %s %s: that is not the API; say where it is with --url",
			r.URL.Host, res.Status, r.Method, r.URL.Path)
	}
	details := make([]string, 0, 1+len(p.Errors))
	details = append(details, p.Detail)
	for _, e := range p.Errors {
		details = append(details, strings.TrimSpace(e.Pointer+" "+e.Detail))
	}
	return fmt.Errorf("the API answers %s: %s (request %s)", res.Status, strings.Join(details, "; "), p.RequestID)
}
