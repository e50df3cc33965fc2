package amqp_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"example.com/app/amqp"
	"example.com/app/lib/broker"
	"example.com/app/lib/pg/pgtest"
	"example.com/app/models"
)

func TestTableListsTheEventsThatArePublished(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	students := models.NewStudents(db)
	row, err := students.Create(t.Context(), "Ada")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := students.Update(t.Context(), row.ID, models.StudentChange{Name: new("Eve")}, nil); err != nil {
		t.Fatal(err)
	}
	if err := students.Deactivate(t.Context(), row.ID, nil); err != nil {
		t.Fatal(err)
	}

	found, err := db.Query(t.Context(), "SELECT exchange, routing_key FROM outbox WHERE type = routing_key ORDER BY seq")
	if err != nil {
		t.Fatal(err)
	}
	published, err := pgx.CollectRows(found, func(row pgx.CollectableRow) (e broker.Event, err error) {
		return e, row.Scan(&e.Connection, &e.Name)
	})
	if err != nil {
		t.Fatal(err)
	}

	table := amqp.Events()
	if len(published) != len(table) {
		t.Fatalf("published %+v, and the table has %+v", published, table)
	}
	for i, e := range table {
		if e.Connection != published[i].Connection || e.Name != published[i].Name {
			t.Errorf("published %+v in place of %+v", published[i], e)
		}
	}
}
