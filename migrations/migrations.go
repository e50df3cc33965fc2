// Package migrations holds the database's history as goose SQL files.
package migrations

import "embed"

// FS has every migration, in the order of its number.
//
//go:embed *.sql
var FS embed.FS
