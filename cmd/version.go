package cmd

import (
	"cmp"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Show version, commit and Go version",
		Example: "  app version",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			v := readVersion()
			rows := []versionInfo{v}
			return show(c, []string{"VERSION", "COMMIT", "GO"}, rows, func(v versionInfo) []any {
				return []any{v.Version, v.Commit, v.Go}
			})
		},
	}
}

type versionInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

// readVersion tells what the Go tool stamped into the binary.
func readVersion() versionInfo {
	v := versionInfo{Version: "devel", Commit: "unknown"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}

	v.Version, v.Go = cmp.Or(strings.Trim(info.Main.Version, "()"), v.Version), info.GoVersion
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
		if s.Key == "vcs.modified" && s.Value == "true" {
			v.Commit += " (modified)"
		}
	}
	return v
}
