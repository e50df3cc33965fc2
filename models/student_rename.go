package models

import "context"

const renameSuffix = "_new"

// StudentsRenamed counts what Rename did, up to the id Last.
type StudentsRenamed struct {
	Last    int64
	Renamed int64
	Kept    int64 // active ones whose name would not have fitted
}

// Newest is the highest id there is; 0 for none.
func (s Students) Newest(ctx context.Context) (int64, error) {
	var id int64
	if err := s.db.QueryRow(ctx, "SELECT coalesce(max(id), 0) FROM student").Scan(&id); err != nil {
		return 0, fault(err, "find the newest student")
	}
	return id, nil
}

// Rename appends _new to the active ones among the first limit students whose ids are above after and at most through.
// It is not idempotent: whoever repeats it appends again. Its rows stay locked until the transaction ends.
func (s Students) Rename(ctx context.Context, after, through int64, limit int) (StudentsRenamed, error) {
	var done StudentsRenamed
	err := s.db.QueryRow(ctx, `
		WITH chunk AS (
			SELECT least(max(id), $2) AS last,
				count(*) FILTER (WHERE id <= $2 AND active AND char_length(name) > 255 - char_length($4)) AS kept
			FROM (SELECT id, name, active FROM student WHERE id > $1 ORDER BY id LIMIT $3) rows
		), renamed AS (
			UPDATE student
			SET name = name || $4, updated_at = now(), version = version + 1
			FROM chunk
			WHERE id > $1 AND id <= last AND active AND char_length(name) <= 255 - char_length($4)
			RETURNING 1
		)
		SELECT last, (SELECT count(*) FROM renamed), kept
		FROM chunk`, after, through, limit, renameSuffix).Scan(&done.Last, &done.Renamed, &done.Kept)
	if err != nil {
		return StudentsRenamed{}, fault(err, "rename students after %d", after)
	}
	return done, nil
}
