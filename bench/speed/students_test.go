package speed_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"example.com/app/lib/testenv"
)

// students are as many as load.lua knows.
const students = 10_000

func BenchmarkStudents(b *testing.B) {
	databases := [2]string{newDatabase(b, students), newDatabase(b, students)}
	listen, floor := address(b)
	startFloor(b, "api", listen, databases[0]).ready(floor + "/api/v1/students")
	s := newSettings(b, databases[1])
	service := s.URL("API_PORT", "")
	startService(b, s, "run").ready(s.URL("OPS_PORT", "/readyz"))

	for _, job := range []struct {
		name, ask string
		wanted    map[int]float64 // by connections
	}{
		{"GET by id", "show", map[int]float64{1: 0.9, 32: 1.3, 128: 1.8}},
		{"GET list of 50", "list", map[int]float64{1: 0.9, 32: 0.95, 128: 0.95}},
		{"POST", "create", map[int]float64{1: 0.9, 32: 1.8, 128: 2.5}},
	} {
		wrk(b, floor, job.ask, 32) // warms up
		wrk(b, service, job.ask, 32)
		for _, connections := range []int{1, 32, 128} {
			b.Run(fmt.Sprintf("%s/%d", job.ask, connections), func(b *testing.B) {
				if job.ask == "create" {
					execute(b, databases[0], "TRUNCATE student")
					execute(b, databases[1], "TRUNCATE student, outbox")
				}
				d := fight(b, floor, service, job.ask, connections)
				results.add(b, d.row(job.name, connections, job.wanted[connections]))
			})
		}
	}
}

func TestFloorAnswersAsTheServiceDoes(t *testing.T) {
	t.Parallel()
	folder, database := t.TempDir(), newDatabase(t, 60)
	check(t, build(folder, "./bench/floor"))
	listen, floor := address(t)
	start(t, filepath.Join(folder, "floor"), nil, "api", listen, database).ready(floor + "/api/v1/students")
	s := newSettings(t, database)
	testenv.StartProgram(t, os.Args[0], t.TempDir(), s, "run")
	testenv.Ready(t, s.URL("OPS_PORT", "/readyz"))

	for _, job := range []struct {
		method, path, body string
		differs            []string // members that do, or that the floor leaves out
	}{
		{http.MethodGet, "/api/v1/students/7", "", nil},
		{http.MethodGet, "/api/v1/students", "", []string{"next"}},
		{http.MethodPost, "/api/v1/students", `{"name": "Ada Lovelace"}`, []string{"id", "created_at", "updated_at"}},
	} {
		var answers [2]map[string]any
		var statuses [2]int
		for i, side := range []string{floor, s.URL("API_PORT", "")} {
			var body string
			statuses[i], body = testenv.Request(t, job.method, side+job.path, job.body)
			check(t, json.Unmarshal([]byte(body), &answers[i]))
			for _, member := range job.differs {
				delete(answers[i], member)
			}
		}
		if statuses[0] != statuses[1] || len(answers[0]) == 0 || !reflect.DeepEqual(answers[0], answers[1]) {
			t.Errorf("%s %s: the floor answers %d %v, the service %d %v", job.method, job.path, statuses[0], answers[0], statuses[1], answers[1])
		}
	}
}
