/*
 * Where the shipped files are (pxe/, templates/, http/).
 */
#ifndef CONVECT_BASE_DATADIR_H
#define CONVECT_BASE_DATADIR_H

/*
 * CONVECT_PXED_DATADIR when it is set; else the installed directory; else,
 * for a program that runs from its build tree, the directory of the program
 * or the one above it. The installed one when there is none: the caller's
 * message names it. The caller frees.
 */
char *datadir_find(void);

#endif
