package handler

import (
	"context"
	"time"

	"example.com/app/lib/cpu"
	"example.com/app/models"
	"example.com/app/schemas"
)

// ImportBytes is how large the file of an import may be: 2.6 KiB for each of as many rows as there may be.
const ImportBytes = 256 << 20

const importTime = 5 * time.Minute

type imports struct {
	store models.StudentImports
	cpu   *cpu.Pool
}

func (i imports) create(ctx context.Context, in *schemas.StudentImportIn) (schemas.StudentImportOut, error) {
	draft, err := studentFile{in.Rows, i.cpu}.draft(ctx)
	if err != nil {
		return schemas.StudentImportOut{}, err
	}
	row, err := i.store.Create(ctx, draft)
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
