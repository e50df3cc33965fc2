package cmd

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// show writes rows to standard output: as a table for people, or with --output json as one JSON array.
// cells gives a row's cells in the order of header.
func show[T any](c *cobra.Command, header []string, rows []T, cells func(T) []any) error {
	if asJSON(c) {
		out := json.NewEncoder(c.OutOrStdout())
		out.SetIndent("", "  ")
		return out.Encode(append([]T{}, rows...))
	}

	w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	line := strings.TrimSuffix(strings.Repeat("%v\t", len(header)), "\t") + "\n"
	for _, row := range rows {
		fmt.Fprintf(w, line, cells(row)...)
	}
	return w.Flush()
}

// asJSON reads the flag that every command inherits from the root.
func asJSON(c *cobra.Command) bool {
	f := c.Flags().Lookup("output")
	return f != nil && f.Value.String() == "json"
}
