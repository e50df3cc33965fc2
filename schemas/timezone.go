package schemas

import (
	"time"

	"example.com/app/lib/worldtime"
)

// TimezoneQuery names a zone.
type TimezoneQuery struct {
	Area string `query:"area" validate:"required,max=64" example:"America" doc:"As America in America/Sao_Paulo."`
	City string `query:"city" validate:"required,max=64" example:"Sao_Paulo" doc:"As Sao_Paulo in America/Sao_Paulo, or Argentina/Salta in America/Argentina/Salta."`
}

// TimezoneOut is the time in a zone as everybody sees it. Offsets are in seconds east of UTC.
type TimezoneOut struct {
	Abbreviation string     `json:"abbreviation" doc:"Of the time that holds there now, as CEST."`
	ClientIP     string     `json:"client_ip" doc:"Who asks; empty when the connection has no address."`
	Datetime     time.Time  `json:"datetime" doc:"With the offset that holds there."`
	DayOfWeek    int        `json:"day_of_week" doc:"Sunday is 0."`
	DayOfYear    int        `json:"day_of_year" doc:"From 1."`
	DST          bool       `json:"dst" doc:"True during daylight-saving time."`
	DSTFrom      *time.Time `json:"dst_from" doc:"When that began; null when there is none now."`
	DSTOffset    int        `json:"dst_offset" doc:"Seconds that it adds."`
	DSTUntil     *time.Time `json:"dst_until" doc:"When it ends; null when there is none now."`
	RawOffset    int        `json:"raw_offset" doc:"Seconds east of UTC without it."`
	Timezone     string     `json:"timezone"`
	Unixtime     int64      `json:"unixtime" doc:"Seconds since 1970 began in UTC."`
	UTCDatetime  time.Time  `json:"utc_datetime"`
	UTCOffset    string     `json:"utc_offset" doc:"As +02:00."`
	WeekNumber   int        `json:"week_number" doc:"By ISO 8601."`
}

// NewTimezoneOut shows when in UTC, whoever said it.
func NewTimezoneOut(t worldtime.Time) TimezoneOut {
	out := TimezoneOut(t)
	out.UTCDatetime = t.UTCDatetime.UTC()
	for _, at := range []**time.Time{&out.DSTFrom, &out.DSTUntil} {
		if *at != nil {
			*at = new((*at).UTC())
		}
	}
	return out
}
