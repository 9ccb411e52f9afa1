wrokers 3
