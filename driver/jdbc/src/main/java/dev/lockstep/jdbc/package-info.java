/**
 * The JDBC driver that applications use: driver, data source and the JDBC objects over a session.
 */
package dev.lockstep.jdbc;
