/*
 * Runs one image-import worker at a time in each store, the images' and the
 * artifacts', for a command of the control socket; passes its lines on, and
 * reads the images again when it has ended. At start one looks at artifacts
 * that were touched since they were last read.
 */
#ifndef CONVECT_APP_IMAGE_JOB_H
#define CONVECT_APP_IMAGE_JOB_H

#include "app/image_import.h"
#include "net/ctlsock.h"

struct app;

/* Owns the call. */
void image_job_start(struct app *app, struct ctl_call *call, enum image_op op);
/* For nobody: what it finds is told in the log. */
void image_job_check_artifacts(struct app *app);
/* Kills the workers that run, if any; what they have downloaded stays. */
void image_job_stop(struct app *app);

#endif
