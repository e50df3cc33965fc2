package schemas

import (
	"time"

	"example.com/app/lib/api"
	"example.com/app/models"
)

// StudentEvent is what happened to a student: the body of a message.
type StudentEvent struct {
	Event   string     `json:"event" validate:"oneof=student.created student.updated student.deactivated" doc:"What happened."`
	At      time.Time  `json:"at" validate:"required"`
	Version int64      `json:"version" validate:"min=1" doc:"Of the student. Messages may overtake each other: the highest version is the newest."`
	Student StudentOut `json:"student" validate:"required" doc:"The student as the event left it."`
}

// Row is the event as the model keeps it.
func (e StudentEvent) Row() models.StudentEvent {
	row := models.StudentEvent{Event: e.Event, At: e.At, Version: e.Version, Student: models.Student(e.Student)}
	row.Student.Version = e.Version
	return row
}

// StudentEventOut is an entry of a student's history.
type StudentEventOut struct {
	ID int64 `json:"id" doc:"Given by the service."`
	StudentEvent
}

// NewStudentEventOut is the entry for a row.
func NewStudentEventOut(row models.StudentEvent) StudentEventOut {
	return StudentEventOut{ID: row.ID, StudentEvent: StudentEvent{
		Event: row.Event, At: row.At, Version: row.Version, Student: NewStudentOut(row.Student),
	}}
}

// StudentEventQuery asks for one page of a student's history.
type StudentEventQuery struct {
	StudentID
	Limit int               `query:"limit" default:"50" validate:"min=1,max=200" doc:"Events on a page."`
	After api.Cursor[int64] `query:"after" doc:"The next of the page before."`
}

// StudentEventPage is one page; Next is null on the last one.
type StudentEventPage struct {
	Items []StudentEventOut  `json:"items"`
	Next  *api.Cursor[int64] `json:"next" doc:"Goes into after; null when this page is the last."`
}

// NewStudentEventPage takes one row more than fits, which tells that there is a next page.
func NewStudentEventPage(rows []models.StudentEvent, limit int) (page StudentEventPage) {
	page.Items, page.Next = api.PageOf(rows, limit, NewStudentEventOut, func(row models.StudentEvent) int64 { return row.Version })
	return page
}
