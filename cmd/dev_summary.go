package cmd

import (
	"fmt"
	"net"
	"strconv"

	"example.com/app/lib/auth"
)

// devSummary is what somebody who has just started `app dev` wants to know; data is where the database is.
func devSummary(s Settings, data devData) string {
	api := "http://" + net.JoinHostPort(s.Host, strconv.Itoa(s.APIPort))
	ops := "http://" + net.JoinHostPort(s.Host, strconv.Itoa(s.OpsPort))

	messages := "RabbitMQ at AMQP_URL"
	if s.AMQPURL == inMemory {
		messages = "in memory: retries and dead letters end with this process (set AMQP_URL for RabbitMQ)"
	}
	return fmt.Sprintf(`
  API       %[1]s/api/v1/students
  docs      %[1]s/docs, %[1]s/redoc and %[1]s/asyncapi.json
  ops       %[2]s/readyz, %[2]s/metrics and %[2]s/debug/pprof/
  log-in    %[6]s
  messages  %[3]s
  data      %[5]s
  database  DATABASE_URL=%[4]s

  try       curl -i %[1]s/api/v1/%[7]s
  stop      Ctrl-C

`, api, ops, messages, s.DatabaseURL, data.where, devLogin(s, data), devTry(s, data))
}

func devLogin(s Settings, data devData) string {
	switch {
	case !s.Auth:
		return "none: everybody may do everything (AUTH=on asks who they are)"
	case data.own:
		return fmt.Sprintf("POST /api/v1/sessions with %s, %s or %s and the password %q",
			demoEmail(auth.Admin), demoEmail(auth.Editor), demoEmail(auth.Reader), demoPassword)
	default:
		return "POST /api/v1/sessions as a user of `app user create EMAIL --role admin`"
	}
}

// devTry is what a curl line asks for: a student, or a token to make one with.
func devTry(s Settings, data devData) string {
	email, password := "EMAIL", "PASSWORD"
	if data.own {
		email, password = demoEmail(auth.Editor), demoPassword
	}
	if s.Auth {
		return fmt.Sprintf(`sessions -H 'Content-Type: application/json' -d '{"email": "%s", "password": "%s"}'`, email, password)
	}
	return `students -H 'Content-Type: application/json' -d '{"name": "Katherine Johnson"}'`
}
