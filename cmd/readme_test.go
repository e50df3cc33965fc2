package cmd_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/app/lib/pg/pgtest"
	"example.com/app/lib/testenv"
)

// step is a file that the README shows, headed by its path.
var step = regexp.MustCompile("(?s)\n`([a-z_/0-9]+\\.(?:go|sql))`\n\n```[a-z]+\n(.*?)```")

func TestReadmeAddsAResource(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	copyCheckout(t, dir)
	readme, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	steps := step.FindAllStringSubmatch(string(readme), -1)
	if len(steps) != 5 {
		t.Fatalf("the README shows %d files, want 5", len(steps))
	}
	for _, s := range steps {
		follow(t, filepath.Join(dir, s[1]), s[2])
	}

	binary := filepath.Join(dir, "app")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", binary, ".") // what is not new comes from Go's cache
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building what the README shows: %v\n%s", err, said)
	}

	s := servers(t)
	serveAndPost(t, binary, s.With(settings{"DATABASE_URL": pgtest.EmptyURL(t)}))
}

// copyCheckout leaves out what git, builds and runs keep in this repository.
func copyCheckout(t *testing.T, to string) {
	t.Helper()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == "bin" {
			continue
		}
		from := filepath.Join("..", e.Name())
		if e.IsDir() {
			err = os.CopyFS(filepath.Join(to, e.Name()), os.DirFS(from))
		} else {
			err = copyFile(filepath.Join(to, e.Name()), from)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(to, from string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

// follow writes a new file, or adds to the end of the first function of one that is there.
func follow(t *testing.T, path, content string) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err == nil {
		content = strings.Replace(string(old), "\n}\n", "\n\n"+content+"}\n", 1)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func serveAndPost(t *testing.T, binary string, s settings) {
	t.Helper()
	p := testenv.StartProgram(t, binary, filepath.Dir(binary), s, "dev")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	status, answer := testenv.Request(t, http.MethodPost, s.URL("API_PORT", "/api/v1/teachers"), `{"name": " Anne Sullivan "}`)
	if status != http.StatusCreated || answer != `{"id":1,"name":"Anne Sullivan"}` {
		t.Errorf("POST answers %d %s", status, answer)
	}
	if _, document := testenv.Request(t, http.MethodGet, s.URL("API_PORT", "/openapi.json"), ""); !strings.Contains(document, "createTeacher") {
		t.Error("the document lacks createTeacher")
	}
	p.Stop()
}
