package schedule

import (
	"context"

	"example.com/app/models"
)

// chunk is how many students one transaction renames at most.
const chunk = 5_000

type students struct {
	store models.Students
}

// renaming is how far a run has come. Students that are created after its start are left out.
type renaming struct {
	After   int64 `json:"after"`
	Through int64 `json:"through"`
	Renamed int64 `json:"renamed"`
	Kept    int64 `json:"kept"`
}

func (s students) start(ctx context.Context) (renaming, error) {
	newest, err := s.store.Newest(ctx)
	return renaming{Through: newest}, err
}

func (s students) rename(ctx context.Context, at renaming) (renaming, bool, error) {
	done, err := s.store.Rename(ctx, at.After, at.Through, chunk)
	if err != nil {
		return at, false, err
	}

	at.After = done.Last
	at.Renamed += done.Renamed
	at.Kept += done.Kept
	return at, at.After < at.Through, nil
}
