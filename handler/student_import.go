package handler

import (
	"context"
	"time"

	"example.com/app/models"
	"example.com/app/schemas"
)

// ImportBytes is how large the file of an import may be: 2.6 KiB for each of as many rows as there may be.
const ImportBytes = 256 << 20

const importTime = 5 * time.Minute

type imports struct {
	store models.StudentImports
}

// create takes the whole file in before it opens a transaction: a client may be slow.
func (i imports) create(ctx context.Context, in *schemas.StudentImportIn) (schemas.StudentImportOut, error) {
	rows, err := newSpool()
	if err != nil {
		return schemas.StudentImportOut{}, err
	}
	defer rows.close()
	if err := rows.fill(in.Rows); err != nil {
		return schemas.StudentImportOut{}, err
	}

	row, err := i.store.Create(ctx, models.StudentImportDraft{Rows: rows.all(), Refused: rows.refused, Refusals: rows.refusals})
	if err != nil {
		return schemas.StudentImportOut{}, err
	}
	return schemas.NewStudentImportOut(row), nil
}

func (i imports) show(ctx context.Context, in *schemas.StudentImportID) (schemas.StudentImportOut, error) {
	row, err := i.store.Find(ctx, in.ID)
	if err != nil {
		return schemas.StudentImportOut{}, err
	}
	return schemas.NewStudentImportOut(row), nil
}
