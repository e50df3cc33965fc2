package handler

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"

	"example.com/app/lib/cpu"
	"example.com/app/models"
	"example.com/app/schemas"
)

// ImportBytes is how large the file of an import may be: 2.6 KiB for each of as many rows as there may be.
const ImportBytes = 256 << 20

const importTime = 5 * time.Minute

type imports struct {
	store  models.StudentImports
	cpu    *cpu.Pool
	writer *semaphore.Weighted // one at a time, so that imports leave the database to others
}

func newImports(store models.StudentImports, pool *cpu.Pool) imports {
	return imports{store, pool, semaphore.NewWeighted(1)}
}

// importDraft is an import that has only to be written, and whose turn it is.
type importDraft struct {
	models.StudentImportDraft
	rows *spooledRows
	turn *semaphore.Weighted
}

// Close lets the next one have its turn.
func (d *importDraft) Close() error {
	d.turn.Release(1)
	return d.rows.file.Close()
}

// prepare does all that needs no database, which for large files takes long.
func (i imports) prepare(ctx context.Context, in *schemas.StudentImportIn) (*importDraft, error) {
	rows, err := newSpooledRows()
	if err != nil {
		return nil, err
	}
	draft, err := studentFile{in.Rows, i.cpu}.judge(ctx, rows)
	if err == nil {
		err = i.writer.Acquire(ctx, 1)
	}
	if err != nil {
		return nil, errors.Join(err, rows.file.Close())
	}
	return &importDraft{draft, rows, i.writer}, nil
}

func (i imports) create(ctx context.Context, draft *importDraft) (schemas.StudentImportOut, error) {
	row, err := i.store.Create(ctx, draft.StudentImportDraft)
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
