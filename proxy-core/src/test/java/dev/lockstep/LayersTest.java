package dev.lockstep;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The direction of dependencies that docs/architecture.md promises: a package uses those below it.
 */
class LayersTest {
  private static final List<String> TOP_DOWN =
      List.of(
          "engine",
          "session",
          "resync",
          "commit",
          "consistency",
          "cluster",
          "journal",
          "sql",
          "node",
          "config",
          "metrics");

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.lockstep");

  @TestFactory
  Stream<DynamicTest> noPackageUsesOneAboveIt() {
    return TOP_DOWN.stream()
        .skip(1)
        .map(
            p ->
                DynamicTest.dynamicTest(
                    p,
                    () ->
                        noClasses()
                            .that()
                            .resideInAPackage("dev.lockstep." + p + "..")
                            .should()
                            .dependOnClassesThat()
                            .resideInAnyPackage(
                                TOP_DOWN.subList(0, TOP_DOWN.indexOf(p)).stream()
                                    .map(above -> "dev.lockstep." + above + "..")
                                    .toArray(String[]::new))
                            .check(classes)));
  }

  @TestFactory
  Stream<DynamicTest> theCoreKnowsNothingOfItsUsers() {
    return Stream.of("dev.lockstep.jdbc..", "dev.lockstep.cli..", "org.springframework..")
        .map(
            p ->
                DynamicTest.dynamicTest(
                    p,
                    () ->
                        noClasses()
                            .should()
                            .dependOnClassesThat()
                            .resideInAPackage(p)
                            .check(classes)));
  }
}
