package handler_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/app/models"
)

type eventPage struct {
	Items []struct {
		ID      int64     `json:"id"`
		Event   string    `json:"event"`
		At      time.Time `json:"at"`
		Version int64     `json:"version"`
		Student student   `json:"student"`
	} `json:"items"`
	Next *string `json:"next"`
}

func TestHistoryIsPagedByCursor(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	location := c.create("Ada")
	history := models.NewStudentEvents(c.db)
	at := time.Now()
	for _, version := range []int64{5, 1, 3, 9, 2} {
		err := history.Record(t.Context(), models.StudentEvent{
			Event: models.StudentUpdated, At: at, Version: version,
			Student: models.Student{ID: 1, Name: "Ada", CreatedAt: at, UpdatedAt: at},
		})
		if err != nil {
			t.Fatal(err)
		}
	}

	var versions []string
	for query := "?limit=2"; ; {
		page := read[eventPage](t, c.do(http.MethodGet, location+"/events"+query, ""))
		for _, e := range page.Items {
			versions = append(versions, strconv.FormatInt(e.Version, 10))
			if e.ID == 0 || e.Event != models.StudentUpdated || e.At.IsZero() || e.Student.Name != "Ada" {
				t.Errorf("an entry is %+v", e)
			}
		}
		if page.Next == nil {
			break
		}
		query = "?limit=2&after=" + *page.Next
	}

	if got := strings.Join(versions, " "); got != "1 2 3 5 9" {
		t.Errorf("the pages hold the versions %s", got)
	}
}

func TestHistoryOfNobodyIs404(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	if w := c.do(http.MethodGet, c.create("Ada")+"/events", ""); w.Code != http.StatusOK || w.Body.String() != `{"items":[],"next":null}` {
		t.Errorf("a student without history answers %d %s", w.Code, w.Body)
	}
	for _, id := range []string{"7", "x"} {
		if w := c.do(http.MethodGet, "/api/v1/students/"+id+"/events", ""); w.Code != http.StatusNotFound {
			t.Errorf("student %s answers %d %s", id, w.Code, w.Body)
		}
	}
	if w := c.do(http.MethodGet, "/api/v1/students/1/events?limit=201", ""); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a page of 201 answers %d %s", w.Code, w.Body)
	}
}

func TestTimesAreWrittenInUTC(t *testing.T) {
	t.Parallel()
	c := newClient(t)

	w := c.do(http.MethodGet, c.create("Ada"), "")

	if n := strings.Count(w.Body.String(), `Z"`); n != 2 {
		t.Errorf("answered %s", w.Body)
	}
}
