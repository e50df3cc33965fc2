package config_test

import (
	"testing"

	"example.com/app/lib/config"
)

func TestValueComesFromTheFileThatIsNamed(t *testing.T) {
	t.Parallel()

	key, url, east := file(t, "hush-hush\r\n"), file(t, "amqp://file\n"), file(t, "amqp://east")
	s, report := load(t, config.Options{
		EnvFile: file(t, "KEY_FILE="+key+"\n"),
		Environ: []string{"URL_FILE=" + url},
		Set:     []string{"URL_EAST_FILE=" + east},
	})

	if s.Key != "hush-hush" || s.URL != "amqp://file" || len(s.URLs) != 1 || s.URLs["east"] != "amqp://east" {
		t.Errorf("got %+v", s)
	}
	for name, path := range map[string]string{"KEY": key, "URL": url, "URL_EAST": east} {
		if got := report.Origin(name); got != "file "+path {
			t.Errorf("%s comes from %q", name, got)
		}
	}
}

func TestLaterLayerBeatsTheFileOfAnEarlierOne(t *testing.T) {
	t.Parallel()

	absent := t.TempDir() + "/absent"
	s, report := load(t, config.Options{
		EnvFile: file(t, "NAME_FILE="+absent+"\nKEY=in the env file\n"),
		Environ: []string{"NAME=plain", "KEY_FILE=" + file(t, "in a file\n")},
	})

	if s.Name != "plain" || report.Origin("NAME") != "environment" {
		t.Errorf("got %q from %s", s.Name, report.Origin("NAME"))
	}
	if s.Key != "in a file" {
		t.Errorf("got %q", s.Key)
	}
}

func TestNoConnectionIsCalledFile(t *testing.T) {
	t.Parallel()

	var only struct {
		URLs map[string]string `name:"URL_*"`
	}
	if _, err := config.Load(&only, config.Options{Environ: []string{"URL_FILE=x", "URL_FILE_FILE=x"}}); err != nil {
		t.Fatal(err)
	}
	if len(only.URLs) != 0 {
		t.Errorf("got %v", only.URLs)
	}
}
