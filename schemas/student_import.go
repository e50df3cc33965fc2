package schemas

import (
	"time"

	"example.com/app/lib/api"
	"example.com/app/models"
)

// StudentImportIn is a file of students.
type StudentImportIn struct {
	Rows api.Stream `body:"application/x-ndjson" doc:"A student a line, each like the body of createStudent, at most 100,000 of them. Blank lines are passed over."`
}

// StudentImportID names one import by its path.
type StudentImportID struct {
	ID int64 `path:"id" doc:"The import's id."`
}

// StudentImportOut tells how far an import has come.
type StudentImportOut struct {
	ID         int64                  `json:"id" doc:"Given by the service."`
	Total      int                    `json:"total" doc:"Rows of the file: the sum of the four that follow."`
	Created    int                    `json:"created" doc:"Rows that became a student."`
	Waiting    int                    `json:"waiting" doc:"Rows whose turn comes."`
	Dead       int                    `json:"dead" doc:"Rows that went wrong although they were in order. Operators can have them tried again."`
	Refused    int                    `json:"refused" doc:"Rows that break a rule."`
	CreatedAt  time.Time              `json:"created_at"`
	FinishedAt *time.Time             `json:"finished_at" doc:"Null while a row waits."`
	Refusals   []StudentImportRefusal `json:"refusals" doc:"The first 1,000 rows that were refused."`
}

// StudentImportRefusal says what is wrong with a row.
type StudentImportRefusal struct {
	Number int    `json:"number" doc:"The row's line in the file, from 1."`
	Reason string `json:"reason" doc:"Which rules it breaks."`
}

// NewStudentImportOut is what everybody sees of a row.
func NewStudentImportOut(row models.StudentImport) StudentImportOut {
	out := StudentImportOut{
		ID:      row.ID,
		Total:   row.Total,
		Created: row.Created, Waiting: row.Waiting, Dead: row.Dead, Refused: row.Refused,
		CreatedAt: row.CreatedAt, FinishedAt: row.FinishedAt,
		Refusals: make([]StudentImportRefusal, len(row.Refusals)),
	}
	for i, r := range row.Refusals {
		out.Refusals[i] = StudentImportRefusal(r)
	}
	return out
}
