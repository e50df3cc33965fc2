package config_test

import (
	"slices"
	"testing"

	"example.com/app/lib/config"
)

func TestChangesAreToldByValueAndNoSecretIsShown(t *testing.T) {
	t.Parallel()

	_, before := load(t, config.Options{Environ: []string{"KEY=hush-hush", "URL_EAST=amqp://u:hush@east/", "PATIENCE=60s", "COLOR=red", "WORKERS=1"}})
	if changes := before.Since(before); len(changes) > 0 {
		t.Errorf("got %v", changes)
	}

	_, after := load(t, config.Options{
		Environ: []string{"KEY=hush-hush!", "URL_WEST=amqp://u:hush@west/", "PATIENCE=1m", "LEVEL=warn", "PORT=81", "WORKERS=1"},
		Set:     []string{"NAME=x"},
	})
	got := after.Since(before)
	want := []config.Change{
		{Setting: config.Setting{Name: "PORT", Value: "81", Origin: "environment", Help: "where it listens"}},
		{Setting: config.Setting{Name: "LEVEL", Value: "warn", Origin: "environment"}, Reload: true},
		{Setting: config.Setting{Name: "NAME", Value: "x", Origin: "--set"}},
		{Setting: config.Setting{Name: "KEY", Value: "xxxxx", Origin: "environment"}},
		{Setting: config.Setting{Name: "URL_WEST", Value: "amqp://u:xxxxx@west/", Origin: "environment", Help: "further"}},
		{Setting: config.Setting{Name: "URL_EAST", Origin: "default", Help: "further"}},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestDefaultThatFollowsAnotherSettingChangesWithIt(t *testing.T) {
	t.Parallel()

	_, before := load(t, config.Options{})
	_, after := load(t, config.Options{Set: []string{"PORT=7"}})
	if changes := after.Since(before); len(changes) != 2 || changes[1].Name != "WORKERS" || changes[1].Value != "14" {
		t.Errorf("got %v", changes)
	}
}
