// Package schedule is the table of jobs and what they do.
package schedule

import (
	"example.com/app/lib/cron"
	"example.com/app/lib/pg"
	"example.com/app/models"
)

// Times are the settings that say when each job runs.
type Times struct {
	RenameStudents       cron.Schedule `name:"SCHEDULE_RENAME_STUDENTS" reload:"true" default:"* * * * *" help:"when rename_students runs, UTC: cron with optional seconds, @every 30s, or off"`
	RenameStudentsHourly cron.Schedule `name:"SCHEDULE_RENAME_STUDENTS_HOURLY" reload:"true" default:"0 * * * *" help:"when rename_students_hourly runs, UTC: as above"`
	Housekeeping         cron.Schedule `name:"SCHEDULE_HOUSEKEEPING" reload:"true" default:"30 3 * * *" help:"when housekeeping runs, UTC: as above"`
}

// Jobs is the table.
func Jobs(db *pg.DB, at Times) []cron.Job {
	students := students{store: models.NewStudents(db)}
	housekeeping := housekeeping{db: db}

	return []cron.Job{
		{Name: "rename_students", Schedule: at.RenameStudents, Task: cron.Chunks(students.start, students.rename)},
		{Name: "rename_students_hourly", Schedule: at.RenameStudentsHourly, Task: cron.Chunks(students.start, students.rename)},
		{Name: "housekeeping", Schedule: at.Housekeeping, Task: cron.Chunks(housekeeping.start, housekeeping.tidy)},
	}
}
