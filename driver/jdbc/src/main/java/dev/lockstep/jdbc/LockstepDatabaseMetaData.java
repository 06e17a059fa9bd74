package dev.lockstep.jdbc;

import dev.lockstep.session.SqlFunction;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.RowIdLifetime;
import java.sql.SQLException;

/**
 * The vendor's metadata, asked on the session's server connection; only what names the driver or
 * promises what Lockstep refuses differs. Thread-safe.
 */
final class LockstepDatabaseMetaData implements DatabaseMetaData {
  private final LockstepConnection connection;

  LockstepDatabaseMetaData(LockstepConnection connection) {
    this.connection = connection;
  }

  private <R> R ask(SqlFunction<DatabaseMetaData, R> question) throws SQLException {
    return connection.session().withVendor(c -> question.apply(c.getMetaData()));
  }

  @Override
  public Connection getConnection() throws SQLException {
    return connection;
  }

  @Override
  public String getURL() throws SQLException {
    return connection.url();
  }

  @Override
  public String getUserName() throws SQLException {
    return ask(DatabaseMetaData::getUserName);
  }

  @Override
  public String getDriverName() throws SQLException {
    return "Lockstep over " + ask(DatabaseMetaData::getDriverName);
  }

  @Override
  public String getDriverVersion() throws SQLException {
    return LockstepDriver.VERSION + " over " + ask(DatabaseMetaData::getDriverVersion);
  }

  @Override
  public int getDriverMajorVersion() {
    return LockstepDriver.MAJOR;
  }

  @Override
  public int getDriverMinorVersion() {
    return LockstepDriver.MINOR;
  }

  @Override
  public boolean isReadOnly() throws SQLException {
    return connection.isReadOnly();
  }

  @Override
  public boolean supportsResultSetConcurrency(int type, int concurrency) throws SQLException {
    return ask(m -> m.supportsResultSetConcurrency(type, concurrency));
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    return Wrapping.unwrap(type, connection.session(), this, ask(m -> m));
  }

  @Override
  public boolean isWrapperFor(Class<?> type) throws SQLException {
    return Wrapping.wraps(type, this, ask(m -> m));
  }

  @Override
  public boolean allTablesAreSelectable() throws SQLException {
    return ask(m -> m.allTablesAreSelectable());
  }

  @Override
  public boolean autoCommitFailureClosesAllResultSets() throws SQLException {
    return ask(m -> m.autoCommitFailureClosesAllResultSets());
  }

  @Override
  public boolean dataDefinitionCausesTransactionCommit() throws SQLException {
    return ask(m -> m.dataDefinitionCausesTransactionCommit());
  }

  @Override
  public boolean dataDefinitionIgnoredInTransactions() throws SQLException {
    return ask(m -> m.dataDefinitionIgnoredInTransactions());
  }

  @Override
  public boolean doesMaxRowSizeIncludeBlobs() throws SQLException {
    return ask(m -> m.doesMaxRowSizeIncludeBlobs());
  }

  @Override
  public ResultSet getAttributes(
      String catalog, String schemaPattern, String typePattern, String attributePattern)
      throws SQLException {
    return ask(m -> m.getAttributes(catalog, schemaPattern, typePattern, attributePattern));
  }

  @Override
  public ResultSet getBestRowIdentifier(
      String catalog, String schema, String table, int scope, boolean nullable)
      throws SQLException {
    return ask(m -> m.getBestRowIdentifier(catalog, schema, table, scope, nullable));
  }

  @Override
  public String getCatalogSeparator() throws SQLException {
    return ask(m -> m.getCatalogSeparator());
  }

  @Override
  public String getCatalogTerm() throws SQLException {
    return ask(m -> m.getCatalogTerm());
  }

  @Override
  public ResultSet getCatalogs() throws SQLException {
    return ask(m -> m.getCatalogs());
  }

  @Override
  public ResultSet getClientInfoProperties() throws SQLException {
    return ask(m -> m.getClientInfoProperties());
  }

  @Override
  public ResultSet getColumnPrivileges(
      String catalog, String schema, String table, String columnPattern) throws SQLException {
    return ask(m -> m.getColumnPrivileges(catalog, schema, table, columnPattern));
  }

  @Override
  public ResultSet getColumns(
      String catalog, String schemaPattern, String tablePattern, String columnPattern)
      throws SQLException {
    return ask(m -> m.getColumns(catalog, schemaPattern, tablePattern, columnPattern));
  }

  @Override
  public ResultSet getCrossReference(
      String parentCatalog,
      String parentSchema,
      String parentTable,
      String foreignCatalog,
      String foreignSchema,
      String foreignTable)
      throws SQLException {
    return ask(
        m ->
            m.getCrossReference(
                parentCatalog,
                parentSchema,
                parentTable,
                foreignCatalog,
                foreignSchema,
                foreignTable));
  }

  @Override
  public int getDatabaseMajorVersion() throws SQLException {
    return ask(m -> m.getDatabaseMajorVersion());
  }

  @Override
  public int getDatabaseMinorVersion() throws SQLException {
    return ask(m -> m.getDatabaseMinorVersion());
  }

  @Override
  public String getDatabaseProductName() throws SQLException {
    return ask(m -> m.getDatabaseProductName());
  }

  @Override
  public String getDatabaseProductVersion() throws SQLException {
    return ask(m -> m.getDatabaseProductVersion());
  }

  @Override
  public int getDefaultTransactionIsolation() throws SQLException {
    return ask(m -> m.getDefaultTransactionIsolation());
  }

  @Override
  public ResultSet getExportedKeys(String catalog, String schema, String table)
      throws SQLException {
    return ask(m -> m.getExportedKeys(catalog, schema, table));
  }

  @Override
  public String getExtraNameCharacters() throws SQLException {
    return ask(m -> m.getExtraNameCharacters());
  }

  @Override
  public ResultSet getFunctionColumns(
      String catalog, String schemaPattern, String functionPattern, String columnPattern)
      throws SQLException {
    return ask(m -> m.getFunctionColumns(catalog, schemaPattern, functionPattern, columnPattern));
  }

  @Override
  public ResultSet getFunctions(String catalog, String schemaPattern, String functionPattern)
      throws SQLException {
    return ask(m -> m.getFunctions(catalog, schemaPattern, functionPattern));
  }

  @Override
  public String getIdentifierQuoteString() throws SQLException {
    return ask(m -> m.getIdentifierQuoteString());
  }

  @Override
  public ResultSet getImportedKeys(String catalog, String schema, String table)
      throws SQLException {
    return ask(m -> m.getImportedKeys(catalog, schema, table));
  }

  @Override
  public ResultSet getIndexInfo(
      String catalog, String schema, String table, boolean unique, boolean approximate)
      throws SQLException {
    return ask(m -> m.getIndexInfo(catalog, schema, table, unique, approximate));
  }

  @Override
  public int getJDBCMajorVersion() throws SQLException {
    return ask(m -> m.getJDBCMajorVersion());
  }

  @Override
  public int getJDBCMinorVersion() throws SQLException {
    return ask(m -> m.getJDBCMinorVersion());
  }

  @Override
  public int getMaxBinaryLiteralLength() throws SQLException {
    return ask(m -> m.getMaxBinaryLiteralLength());
  }

  @Override
  public int getMaxCatalogNameLength() throws SQLException {
    return ask(m -> m.getMaxCatalogNameLength());
  }

  @Override
  public int getMaxCharLiteralLength() throws SQLException {
    return ask(m -> m.getMaxCharLiteralLength());
  }

  @Override
  public int getMaxColumnNameLength() throws SQLException {
    return ask(m -> m.getMaxColumnNameLength());
  }

  @Override
  public int getMaxColumnsInGroupBy() throws SQLException {
    return ask(m -> m.getMaxColumnsInGroupBy());
  }

  @Override
  public int getMaxColumnsInIndex() throws SQLException {
    return ask(m -> m.getMaxColumnsInIndex());
  }

  @Override
  public int getMaxColumnsInOrderBy() throws SQLException {
    return ask(m -> m.getMaxColumnsInOrderBy());
  }

  @Override
  public int getMaxColumnsInSelect() throws SQLException {
    return ask(m -> m.getMaxColumnsInSelect());
  }

  @Override
  public int getMaxColumnsInTable() throws SQLException {
    return ask(m -> m.getMaxColumnsInTable());
  }

  @Override
  public int getMaxConnections() throws SQLException {
    return ask(m -> m.getMaxConnections());
  }

  @Override
  public int getMaxCursorNameLength() throws SQLException {
    return ask(m -> m.getMaxCursorNameLength());
  }

  @Override
  public int getMaxIndexLength() throws SQLException {
    return ask(m -> m.getMaxIndexLength());
  }

  @Override
  public long getMaxLogicalLobSize() throws SQLException {
    return ask(m -> m.getMaxLogicalLobSize());
  }

  @Override
  public int getMaxProcedureNameLength() throws SQLException {
    return ask(m -> m.getMaxProcedureNameLength());
  }

  @Override
  public int getMaxRowSize() throws SQLException {
    return ask(m -> m.getMaxRowSize());
  }

  @Override
  public int getMaxSchemaNameLength() throws SQLException {
    return ask(m -> m.getMaxSchemaNameLength());
  }

  @Override
  public int getMaxStatementLength() throws SQLException {
    return ask(m -> m.getMaxStatementLength());
  }

  @Override
  public int getMaxStatements() throws SQLException {
    return ask(m -> m.getMaxStatements());
  }

  @Override
  public int getMaxTableNameLength() throws SQLException {
    return ask(m -> m.getMaxTableNameLength());
  }

  @Override
  public int getMaxTablesInSelect() throws SQLException {
    return ask(m -> m.getMaxTablesInSelect());
  }

  @Override
  public int getMaxUserNameLength() throws SQLException {
    return ask(m -> m.getMaxUserNameLength());
  }

  @Override
  public String getNumericFunctions() throws SQLException {
    return ask(m -> m.getNumericFunctions());
  }

  @Override
  public ResultSet getPrimaryKeys(String catalog, String schema, String table) throws SQLException {
    return ask(m -> m.getPrimaryKeys(catalog, schema, table));
  }

  @Override
  public ResultSet getProcedureColumns(
      String catalog, String schemaPattern, String procedurePattern, String columnPattern)
      throws SQLException {
    return ask(m -> m.getProcedureColumns(catalog, schemaPattern, procedurePattern, columnPattern));
  }

  @Override
  public String getProcedureTerm() throws SQLException {
    return ask(m -> m.getProcedureTerm());
  }

  @Override
  public ResultSet getProcedures(String catalog, String schemaPattern, String procedurePattern)
      throws SQLException {
    return ask(m -> m.getProcedures(catalog, schemaPattern, procedurePattern));
  }

  @Override
  public ResultSet getPseudoColumns(
      String catalog, String schemaPattern, String tablePattern, String columnPattern)
      throws SQLException {
    return ask(m -> m.getPseudoColumns(catalog, schemaPattern, tablePattern, columnPattern));
  }

  @Override
  public int getResultSetHoldability() throws SQLException {
    return ask(m -> m.getResultSetHoldability());
  }

  @Override
  public RowIdLifetime getRowIdLifetime() throws SQLException {
    return ask(m -> m.getRowIdLifetime());
  }

  @Override
  public String getSQLKeywords() throws SQLException {
    return ask(m -> m.getSQLKeywords());
  }

  @Override
  public int getSQLStateType() throws SQLException {
    return ask(m -> m.getSQLStateType());
  }

  @Override
  public String getSchemaTerm() throws SQLException {
    return ask(m -> m.getSchemaTerm());
  }

  @Override
  public ResultSet getSchemas() throws SQLException {
    return ask(m -> m.getSchemas());
  }

  @Override
  public ResultSet getSchemas(String catalog, String schemaPattern) throws SQLException {
    return ask(m -> m.getSchemas(catalog, schemaPattern));
  }

  @Override
  public String getSearchStringEscape() throws SQLException {
    return ask(m -> m.getSearchStringEscape());
  }

  @Override
  public String getStringFunctions() throws SQLException {
    return ask(m -> m.getStringFunctions());
  }

  @Override
  public ResultSet getSuperTables(String catalog, String schemaPattern, String tablePattern)
      throws SQLException {
    return ask(m -> m.getSuperTables(catalog, schemaPattern, tablePattern));
  }

  @Override
  public ResultSet getSuperTypes(String catalog, String schemaPattern, String typePattern)
      throws SQLException {
    return ask(m -> m.getSuperTypes(catalog, schemaPattern, typePattern));
  }

  @Override
  public String getSystemFunctions() throws SQLException {
    return ask(m -> m.getSystemFunctions());
  }

  @Override
  public ResultSet getTablePrivileges(String catalog, String schemaPattern, String tablePattern)
      throws SQLException {
    return ask(m -> m.getTablePrivileges(catalog, schemaPattern, tablePattern));
  }

  @Override
  public ResultSet getTableTypes() throws SQLException {
    return ask(m -> m.getTableTypes());
  }

  @Override
  public ResultSet getTables(
      String catalog, String schemaPattern, String tablePattern, String[] types)
      throws SQLException {
    return ask(m -> m.getTables(catalog, schemaPattern, tablePattern, types));
  }

  @Override
  public String getTimeDateFunctions() throws SQLException {
    return ask(m -> m.getTimeDateFunctions());
  }

  @Override
  public ResultSet getTypeInfo() throws SQLException {
    return ask(m -> m.getTypeInfo());
  }

  @Override
  public ResultSet getUDTs(String catalog, String schemaPattern, String typePattern, int[] types)
      throws SQLException {
    return ask(m -> m.getUDTs(catalog, schemaPattern, typePattern, types));
  }

  @Override
  public ResultSet getVersionColumns(String catalog, String schema, String table)
      throws SQLException {
    return ask(m -> m.getVersionColumns(catalog, schema, table));
  }

  @Override
  public boolean isCatalogAtStart() throws SQLException {
    return ask(m -> m.isCatalogAtStart());
  }

  @Override
  public boolean locatorsUpdateCopy() throws SQLException {
    return ask(m -> m.locatorsUpdateCopy());
  }

  @Override
  public boolean nullPlusNonNullIsNull() throws SQLException {
    return ask(m -> m.nullPlusNonNullIsNull());
  }

  @Override
  public boolean nullsAreSortedAtEnd() throws SQLException {
    return ask(m -> m.nullsAreSortedAtEnd());
  }

  @Override
  public boolean nullsAreSortedAtStart() throws SQLException {
    return ask(m -> m.nullsAreSortedAtStart());
  }

  @Override
  public boolean nullsAreSortedHigh() throws SQLException {
    return ask(m -> m.nullsAreSortedHigh());
  }

  @Override
  public boolean nullsAreSortedLow() throws SQLException {
    return ask(m -> m.nullsAreSortedLow());
  }

  @Override
  public boolean storesLowerCaseIdentifiers() throws SQLException {
    return ask(m -> m.storesLowerCaseIdentifiers());
  }

  @Override
  public boolean storesLowerCaseQuotedIdentifiers() throws SQLException {
    return ask(m -> m.storesLowerCaseQuotedIdentifiers());
  }

  @Override
  public boolean storesMixedCaseIdentifiers() throws SQLException {
    return ask(m -> m.storesMixedCaseIdentifiers());
  }

  @Override
  public boolean storesMixedCaseQuotedIdentifiers() throws SQLException {
    return ask(m -> m.storesMixedCaseQuotedIdentifiers());
  }

  @Override
  public boolean storesUpperCaseIdentifiers() throws SQLException {
    return ask(m -> m.storesUpperCaseIdentifiers());
  }

  @Override
  public boolean storesUpperCaseQuotedIdentifiers() throws SQLException {
    return ask(m -> m.storesUpperCaseQuotedIdentifiers());
  }

  @Override
  public boolean supportsANSI92EntryLevelSQL() throws SQLException {
    return ask(m -> m.supportsANSI92EntryLevelSQL());
  }

  @Override
  public boolean supportsANSI92FullSQL() throws SQLException {
    return ask(m -> m.supportsANSI92FullSQL());
  }

  @Override
  public boolean supportsANSI92IntermediateSQL() throws SQLException {
    return ask(m -> m.supportsANSI92IntermediateSQL());
  }

  @Override
  public boolean supportsAlterTableWithAddColumn() throws SQLException {
    return ask(m -> m.supportsAlterTableWithAddColumn());
  }

  @Override
  public boolean supportsAlterTableWithDropColumn() throws SQLException {
    return ask(m -> m.supportsAlterTableWithDropColumn());
  }

  @Override
  public boolean supportsCatalogsInDataManipulation() throws SQLException {
    return ask(m -> m.supportsCatalogsInDataManipulation());
  }

  @Override
  public boolean supportsCatalogsInIndexDefinitions() throws SQLException {
    return ask(m -> m.supportsCatalogsInIndexDefinitions());
  }

  @Override
  public boolean supportsCatalogsInPrivilegeDefinitions() throws SQLException {
    return ask(m -> m.supportsCatalogsInPrivilegeDefinitions());
  }

  @Override
  public boolean supportsCatalogsInProcedureCalls() throws SQLException {
    return ask(m -> m.supportsCatalogsInProcedureCalls());
  }

  @Override
  public boolean supportsCatalogsInTableDefinitions() throws SQLException {
    return ask(m -> m.supportsCatalogsInTableDefinitions());
  }

  @Override
  public boolean supportsColumnAliasing() throws SQLException {
    return ask(m -> m.supportsColumnAliasing());
  }

  @Override
  public boolean supportsConvert() throws SQLException {
    return ask(m -> m.supportsConvert());
  }

  @Override
  public boolean supportsConvert(int from, int to) throws SQLException {
    return ask(m -> m.supportsConvert(from, to));
  }

  @Override
  public boolean supportsCoreSQLGrammar() throws SQLException {
    return ask(m -> m.supportsCoreSQLGrammar());
  }

  @Override
  public boolean supportsCorrelatedSubqueries() throws SQLException {
    return ask(m -> m.supportsCorrelatedSubqueries());
  }

  @Override
  public boolean supportsDataDefinitionAndDataManipulationTransactions() throws SQLException {
    return ask(m -> m.supportsDataDefinitionAndDataManipulationTransactions());
  }

  @Override
  public boolean supportsDataManipulationTransactionsOnly() throws SQLException {
    return ask(m -> m.supportsDataManipulationTransactionsOnly());
  }

  @Override
  public boolean supportsDifferentTableCorrelationNames() throws SQLException {
    return ask(m -> m.supportsDifferentTableCorrelationNames());
  }

  @Override
  public boolean supportsExpressionsInOrderBy() throws SQLException {
    return ask(m -> m.supportsExpressionsInOrderBy());
  }

  @Override
  public boolean supportsExtendedSQLGrammar() throws SQLException {
    return ask(m -> m.supportsExtendedSQLGrammar());
  }

  @Override
  public boolean supportsFullOuterJoins() throws SQLException {
    return ask(m -> m.supportsFullOuterJoins());
  }

  @Override
  public boolean supportsGroupBy() throws SQLException {
    return ask(m -> m.supportsGroupBy());
  }

  @Override
  public boolean supportsGroupByBeyondSelect() throws SQLException {
    return ask(m -> m.supportsGroupByBeyondSelect());
  }

  @Override
  public boolean supportsGroupByUnrelated() throws SQLException {
    return ask(m -> m.supportsGroupByUnrelated());
  }

  @Override
  public boolean supportsIntegrityEnhancementFacility() throws SQLException {
    return ask(m -> m.supportsIntegrityEnhancementFacility());
  }

  @Override
  public boolean supportsLikeEscapeClause() throws SQLException {
    return ask(m -> m.supportsLikeEscapeClause());
  }

  @Override
  public boolean supportsLimitedOuterJoins() throws SQLException {
    return ask(m -> m.supportsLimitedOuterJoins());
  }

  @Override
  public boolean supportsMinimumSQLGrammar() throws SQLException {
    return ask(m -> m.supportsMinimumSQLGrammar());
  }

  @Override
  public boolean supportsMixedCaseIdentifiers() throws SQLException {
    return ask(m -> m.supportsMixedCaseIdentifiers());
  }

  @Override
  public boolean supportsMixedCaseQuotedIdentifiers() throws SQLException {
    return ask(m -> m.supportsMixedCaseQuotedIdentifiers());
  }

  @Override
  public boolean supportsMultipleTransactions() throws SQLException {
    return ask(m -> m.supportsMultipleTransactions());
  }

  @Override
  public boolean supportsNonNullableColumns() throws SQLException {
    return ask(m -> m.supportsNonNullableColumns());
  }

  @Override
  public boolean supportsOpenCursorsAcrossCommit() throws SQLException {
    return ask(m -> m.supportsOpenCursorsAcrossCommit());
  }

  @Override
  public boolean supportsOpenCursorsAcrossRollback() throws SQLException {
    return ask(m -> m.supportsOpenCursorsAcrossRollback());
  }

  @Override
  public boolean supportsOpenStatementsAcrossCommit() throws SQLException {
    return ask(m -> m.supportsOpenStatementsAcrossCommit());
  }

  @Override
  public boolean supportsOpenStatementsAcrossRollback() throws SQLException {
    return ask(m -> m.supportsOpenStatementsAcrossRollback());
  }

  @Override
  public boolean supportsOrderByUnrelated() throws SQLException {
    return ask(m -> m.supportsOrderByUnrelated());
  }

  @Override
  public boolean supportsOuterJoins() throws SQLException {
    return ask(m -> m.supportsOuterJoins());
  }

  @Override
  public boolean supportsPositionedDelete() throws SQLException {
    return ask(m -> m.supportsPositionedDelete());
  }

  @Override
  public boolean supportsPositionedUpdate() throws SQLException {
    return ask(m -> m.supportsPositionedUpdate());
  }

  @Override
  public boolean supportsResultSetHoldability(int value) throws SQLException {
    return ask(m -> m.supportsResultSetHoldability(value));
  }

  @Override
  public boolean supportsResultSetType(int value) throws SQLException {
    return ask(m -> m.supportsResultSetType(value));
  }

  @Override
  public boolean supportsSchemasInDataManipulation() throws SQLException {
    return ask(m -> m.supportsSchemasInDataManipulation());
  }

  @Override
  public boolean supportsSchemasInIndexDefinitions() throws SQLException {
    return ask(m -> m.supportsSchemasInIndexDefinitions());
  }

  @Override
  public boolean supportsSchemasInPrivilegeDefinitions() throws SQLException {
    return ask(m -> m.supportsSchemasInPrivilegeDefinitions());
  }

  @Override
  public boolean supportsSchemasInProcedureCalls() throws SQLException {
    return ask(m -> m.supportsSchemasInProcedureCalls());
  }

  @Override
  public boolean supportsSchemasInTableDefinitions() throws SQLException {
    return ask(m -> m.supportsSchemasInTableDefinitions());
  }

  @Override
  public boolean supportsSelectForUpdate() throws SQLException {
    return ask(m -> m.supportsSelectForUpdate());
  }

  @Override
  public boolean supportsStatementPooling() throws SQLException {
    return ask(m -> m.supportsStatementPooling());
  }

  @Override
  public boolean supportsStoredFunctionsUsingCallSyntax() throws SQLException {
    return ask(m -> m.supportsStoredFunctionsUsingCallSyntax());
  }

  @Override
  public boolean supportsSubqueriesInComparisons() throws SQLException {
    return ask(m -> m.supportsSubqueriesInComparisons());
  }

  @Override
  public boolean supportsSubqueriesInExists() throws SQLException {
    return ask(m -> m.supportsSubqueriesInExists());
  }

  @Override
  public boolean supportsSubqueriesInIns() throws SQLException {
    return ask(m -> m.supportsSubqueriesInIns());
  }

  @Override
  public boolean supportsSubqueriesInQuantifieds() throws SQLException {
    return ask(m -> m.supportsSubqueriesInQuantifieds());
  }

  @Override
  public boolean supportsTableCorrelationNames() throws SQLException {
    return ask(m -> m.supportsTableCorrelationNames());
  }

  @Override
  public boolean supportsTransactionIsolationLevel(int value) throws SQLException {
    return ask(m -> m.supportsTransactionIsolationLevel(value));
  }

  @Override
  public boolean supportsTransactions() throws SQLException {
    return ask(m -> m.supportsTransactions());
  }

  @Override
  public boolean supportsUnion() throws SQLException {
    return ask(m -> m.supportsUnion());
  }

  @Override
  public boolean supportsUnionAll() throws SQLException {
    return ask(m -> m.supportsUnionAll());
  }

  @Override
  public boolean usesLocalFilePerTable() throws SQLException {
    return ask(m -> m.usesLocalFilePerTable());
  }

  @Override
  public boolean usesLocalFiles() throws SQLException {
    return ask(m -> m.usesLocalFiles());
  }

  @Override
  public boolean allProceduresAreCallable() throws SQLException {
    return false;
  }

  @Override
  public boolean deletesAreDetected(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean generatedKeyAlwaysReturned() throws SQLException {
    return false;
  }

  @Override
  public boolean insertsAreDetected(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean othersDeletesAreVisible(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean othersInsertsAreVisible(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean othersUpdatesAreVisible(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean ownDeletesAreVisible(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean ownInsertsAreVisible(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean ownUpdatesAreVisible(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean supportsMultipleOpenResults() throws SQLException {
    return false;
  }

  @Override
  public boolean supportsMultipleResultSets() throws SQLException {
    return false;
  }

  @Override
  public boolean supportsNamedParameters() throws SQLException {
    return false;
  }

  @Override
  public boolean supportsRefCursors() throws SQLException {
    return false;
  }

  @Override
  public boolean supportsSharding() throws SQLException {
    return false;
  }

  @Override
  public boolean supportsStoredProcedures() throws SQLException {
    return false;
  }

  @Override
  public boolean updatesAreDetected(int value) throws SQLException {
    return false;
  }

  @Override
  public boolean supportsBatchUpdates() throws SQLException {
    return true;
  }

  @Override
  public boolean supportsGetGeneratedKeys() throws SQLException {
    return true;
  }

  @Override
  public boolean supportsSavepoints() throws SQLException {
    return true;
  }
}
