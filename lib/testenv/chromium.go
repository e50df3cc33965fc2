package testenv

import (
	"os"
	"os/exec"
	"testing"
)

// Chromium is the path of a browser for the test to run: TEST_CHROMIUM, or the first of its usual names on PATH.
func Chromium(t testing.TB) string {
	t.Helper()

	if path := os.Getenv("TEST_CHROMIUM"); path != "" {
		return path
	}
	for _, name := range []string{
		"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell", "chromium-headless-shell",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("find Chromium: there is none on this machine: run `apt-get install chromium` (Debian, Ubuntu) or " +
		"`brew install --cask chromium` (macOS), or set TEST_CHROMIUM")
	return ""
}
