package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

type student struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	Active    bool      `json:"active"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const columns = "id, name, active, created_at, updated_at"

func scan(row pgx.CollectableRow) (s student, err error) {
	return s, row.Scan(&s.ID, &s.Name, &s.Active, &s.CreatedAt, &s.UpdatedAt)
}

type students struct{ pool *pgxpool.Pool }

func api(ctx context.Context, address, database string) error {
	pool, err := open(ctx, database)
	if err != nil {
		return err
	}
	s, mux := students{pool}, http.NewServeMux()
	mux.HandleFunc("GET /api/v1/students", s.list)
	mux.HandleFunc("GET /api/v1/students/{id}", s.show)
	mux.HandleFunc("POST /api/v1/students", s.create)
	return http.ListenAndServe(address, mux)
}

func (s students) list(w http.ResponseWriter, r *http.Request) {
	rows, _ := s.pool.Query(r.Context(), "SELECT "+columns+" FROM student WHERE active ORDER BY id LIMIT 50")
	all, err := pgx.CollectRows(rows, scan)
	write(w, http.StatusOK, map[string][]student{"items": all}, err)
}

func (s students) show(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	rows, _ := s.pool.Query(r.Context(), "SELECT "+columns+" FROM student WHERE id = $1", id)
	one, err := pgx.CollectExactlyOneRow(rows, scan)
	write(w, http.StatusOK, one, err)
}

func (s students) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string `json:"name"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	rows, _ := s.pool.Query(r.Context(), "INSERT INTO student (name) VALUES ($1) RETURNING "+columns, in.Name)
	one, err := pgx.CollectExactlyOneRow(rows, scan)
	write(w, http.StatusCreated, one, err)
}

func write(w http.ResponseWriter, status int, body any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
