// Package schemas is what goes in and out as JSON, over HTTP and over queues.
package schemas

import (
	"time"

	"example.com/app/lib/api"
	"example.com/app/models"
)

// StudentIn creates a student: the body of a request and of a message alike.
type StudentIn struct {
	Name string `json:"name" validate:"required,max=255" mod:"trim" example:"Ada Lovelace" doc:"Stored without the white space around it."`
}

// StudentOut is a student as everybody sees it, in answers and in events; the rules are for those who take it in.
type StudentOut struct {
	ID        int64     `json:"id" validate:"min=1" doc:"Given by the service."`
	Name      string    `json:"name" validate:"required,max=255" doc:"1 to 255 characters."`
	Active    bool      `json:"active" validate:"given" doc:"False once the student was deleted."`
	CreatedAt time.Time `json:"created_at" validate:"required"`
	UpdatedAt time.Time `json:"updated_at" validate:"required"`
	Version   int64     `json:"-" header:"ETag" doc:"Changes with every change of the student."`
}

// NewStudentOut stops compiling when a column comes that nobody has decided on.
func NewStudentOut(row models.Student) StudentOut { return StudentOut(row) }

// StudentID names one student by its path.
type StudentID struct {
	ID int64 `path:"id" doc:"The student's id."`
}

// StudentVersion names one student by its path, and the versions of it that may be changed.
type StudentVersion struct {
	StudentID
	IfMatch api.IfMatch `header:"If-Match" doc:"Changes the student only when its ETag is one of these."`
}

// StudentQuery asks for one page of the list.
type StudentQuery struct {
	Limit  int               `query:"limit" default:"50" validate:"min=1,max=200" doc:"Students on a page."`
	After  api.Cursor[int64] `query:"after" doc:"The next of the page before."`
	Name   string            `query:"name" validate:"max=255" doc:"A prefix of the name, whatever its case."`
	Active string            `query:"active" default:"true" validate:"oneof=true false any" doc:"true: active ones; false: inactive ones; any: both."`
}

// Filter is the query as the model reads it.
func (q StudentQuery) Filter() models.StudentFilter {
	f := models.StudentFilter{After: q.After.Key, Name: q.Name}
	if q.Active != "any" {
		active := q.Active == "true"
		f.Active = &active
	}
	return f
}

// StudentPage is one page; Next is null on the last one.
type StudentPage struct {
	Items []StudentOut       `json:"items"`
	Next  *api.Cursor[int64] `json:"next" doc:"Goes into after; null when nothing more was there a moment ago."`
}

// NewStudentPage takes one row more than fits, which tells that there is a next page.
func NewStudentPage(rows []models.Student, limit int) (page StudentPage) {
	page.Items, page.Next = api.PageOf(rows, limit, NewStudentOut, func(row models.Student) int64 { return row.ID })
	return page
}

// StudentPatch changes a student: at least one of name and active.
type StudentPatch struct {
	StudentVersion
	Name   *string  `json:"name,omitempty" validate:"omitempty,min=1,max=255" mod:"trim" doc:"Stored without the white space around it."`
	Active *bool    `json:"active,omitempty"`
	_      struct{} `minProperties:"1"`
}
