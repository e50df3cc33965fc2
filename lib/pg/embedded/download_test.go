package embedded_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"example.com/app/lib/pg/embedded"
	"example.com/app/lib/private"
)

// repository serves one archive under every name, as the library wants it: a zip file with a tar.xz file in it.
// Its binaries are scripts that run those of this machine.
func repository(t *testing.T) (url string, downloads *atomic.Int64) {
	t.Helper()

	archive := archive(t)
	sum := sha256.Sum256(archive)
	downloads = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sha256") {
			_, _ = io.WriteString(w, hex.EncodeToString(sum[:]))
			return
		}
		downloads.Add(1)
		_, _ = w.Write(archive)
	}))
	t.Cleanup(server.Close)
	return server.URL, downloads
}

func archive(t *testing.T) []byte {
	t.Helper()

	found := embedded.Find(t.Context())
	if len(found) == 0 {
		t.Fatal(embedded.ErrAbsent)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		script := fmt.Sprintf("#!/bin/sh\nexec %s \"$@\"\n", filepath.Join(found[0].Dir, name))
		if err := os.WriteFile(filepath.Join(dir, "bin", name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := exec.CommandContext(t.Context(), "tar", "-C", dir, "-cJf", "-", "bin").Output()
	if err != nil {
		t.Fatal(err)
	}

	var jar bytes.Buffer
	z := zip.NewWriter(&jar)
	w, err := z.Create("postgres.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(packed); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

func TestDownloadFillsTheCacheOnce(t *testing.T) {
	t.Parallel()

	url, downloads := repository(t)
	cache := reachable(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := embedded.Download(t.Context(), cache, url); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	before := downloads.Load()
	binaries, err := embedded.Download(t.Context(), cache, url)
	if err != nil {
		t.Fatal(err)
	}
	if n := downloads.Load(); n != before {
		t.Error("a filled cache downloads again")
	}
	if entries, err := os.ReadDir(cache); err != nil || len(entries) != 1 {
		t.Errorf("the cache has %v, %v, want the binaries alone", entries, err)
	}

	o := options(dataDir(t))
	o.BinDir = binaries.Dir
	execute(t, start(t, o).URL(), "SELECT 1")
}

func TestAnImpossibleDownloadSaysWhatToDo(t *testing.T) {
	t.Parallel()

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	notFound := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(notFound.Close)
	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "no archive")
	}))
	t.Cleanup(garbage.Close)

	for _, url := range []string{gone.URL, notFound.URL, garbage.URL} {
		cache := reachable(t)
		_, err := embedded.Download(t.Context(), cache, url)
		if !errors.Is(err, embedded.ErrAbsent) || strings.Contains(err.Error(), "\n") {
			t.Errorf("the error is %v", err)
		}
		if entries, err := os.ReadDir(cache); err != nil || len(entries) != 0 {
			t.Errorf("the cache has %v, %v", entries, err)
		}
	}
}

func TestADownloadEndsWithItsContext(t *testing.T) {
	t.Parallel()

	asked := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(silent.CloseClientConnections)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()

	if _, err := embedded.Download(ctx, reachable(t), silent.URL); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// reachable is a folder that every user can get to.
func reachable(t *testing.T) string {
	t.Helper()

	dir, err := private.Folder("embedded-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
