package chaos_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestResultsReplaceTheirOwnSection(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "RESULTS.md")
	read := func() string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}

	for _, figure := range []string{"first", "second"} {
		f := figures{lines: []line{{promise: "Nothing is lost", said: figure}}}
		if err := f.write(path); err != nil {
			t.Fatal(err)
		}
		if text := read(); strings.Count(text, heading) != 1 || strings.Count(text, figure) != 1 {
			t.Fatalf("after the %s run:\n%s", figure, text)
		}
		if figure == "first" {
			around := "# Results\n\n## Speed\n\nfast\n\n" + strings.TrimPrefix(read(), "# Results\n\n") + "\n## Size\n\nsmall\n"
			if err := os.WriteFile(path, []byte(around), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}

	text := read()
	for _, kept := range []string{"# Results\n", "## Speed\n\nfast\n\n## Chaos\n", "|\n\n## Size\n\nsmall\n"} {
		if !strings.Contains(text, kept) {
			t.Errorf("%q is not there any more:\n%s", kept, text)
		}
	}
	if strings.Contains(text, "first") {
		t.Errorf("the first run is still there:\n%s", text)
	}
}
