package config_test

import (
	"errors"
	"testing"

	"example.com/app/lib/config"
)

func TestRemoteLayerStandsBetweenTheEnvFileAndTheEnvironment(t *testing.T) {
	t.Parallel()

	key := file(t, "hush-hush\n")
	s, report := load(t, config.Options{
		EnvFile: file(t, "PORT=1\nCOLOR=green\nNAME=file\n"),
		Remote: config.Layer{Origin: "store", Values: map[string]string{
			"PORT": "2", "COLOR": "", "NAME": "store", "KEY_FILE": key, "URL_EAST": "amqp://east",
		}},
		Environ: []string{"NAME=environment"},
	})

	if s.Port != 2 || s.Color != "green" || s.Name != "environment" || s.Key != "hush-hush" || s.URLs["east"] != "amqp://east" {
		t.Errorf("got %+v", s)
	}
	for name, want := range map[string]string{"PORT": "store", "URL_EAST": "store", "NAME": "environment", "KEY": "file " + key} {
		if got := report.Origin(name); got != want {
			t.Errorf("%s comes from %q, want %q", name, got, want)
		}
	}
}

func TestRemoteLayerTellsWhatIsWrongInIt(t *testing.T) {
	t.Parallel()

	type remote struct {
		Addr string `name:"ADDR" remote:"false"`
		Port int    `name:"PORT" default:"80"`
	}
	values := map[string]string{"PROT": "1", "ADDR": "x", "ADDR_FILE": "x", "PORT": "http", "sub/PORT": "1"}
	var s remote
	report, err := config.Load(&s, config.Options{Remote: config.Layer{Origin: "store", Values: values}})
	if err == nil || err.Error() != `PORT is "http" (store): must be a whole number` || s.Addr != "" {
		t.Errorf("got %v and %+v", err, s)
	}

	want := []string{
		"ADDR (store): must be set elsewhere: it says where these settings are read",
		"ADDR_FILE (store): must be set elsewhere: it says where these settings are read",
		"PROT (store): no setting has this name; did you mean PORT?",
		"sub/PORT (store): no setting has this name",
	}
	for i, m := range report.Unknown() {
		if m.Error() != want[i] {
			t.Errorf("got %s, want %s", m, want[i])
		}
	}
}

func TestRemoteLayerThatCannotBeReadIsNoMistakeOfItself(t *testing.T) {
	t.Parallel()

	away := config.Layer{Origin: "store", Err: errors.New("nobody answers")}
	_, report := load(t, config.Options{Remote: away})
	if err := report.RemoteErr(); err == nil || err.Error() != "nobody answers" {
		t.Errorf("got %v", err)
	}

	_, err := config.Load(new(settings), config.Options{Remote: away, Set: []string{"PORT=0"}})
	want := "2 mistakes in the settings:\n  PORT is \"0\" (--set): must be a whole number from 1 to 65535\n  store: nobody answers"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}
